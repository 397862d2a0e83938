// Name servers whose records differ from those of the majority: clients see one or the other at
// random.
import { matchRRset } from '../../dane/match.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { tlsaFromRdata } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import { chainsOf } from '../judge/judged-service.ts';
import { contentOf, replyTo } from '../judge/server-answers.ts';
import type { Purpose, Question, ServerLook, ZoneLook } from '../gather/zone.ts';
import type { OfServer } from './together.ts';
import { together } from './together.ts';

interface Minority {
  readonly server: ServerLook;
  readonly question: Question;
  readonly content: string;
  /** The data of the majority, and how many servers have it. */
  readonly most: string;
  readonly agreed: number;
}

function minorities({ servers }: ZoneLook, purpose: Purpose): readonly Minority[] {
  const told = new Map<string, ServerLook[]>();
  const question = servers
    .flatMap(({ replies }) => replies.map((one) => one.question))
    .find((one) => one.purpose === purpose);
  if (question === undefined) return [];
  for (const server of servers) {
    const content = contentOf(replyTo(server, purpose), question.name, question.type);
    if (content !== undefined) told.set(content, [...(told.get(content) ?? []), server]);
  }
  const [first, ...others] = [...told].sort(([, a], [, b]) => b.length - a.length);
  if (first === undefined) return [];
  const [most, agreeing] = first;
  return others.flatMap(([content, group]) =>
    group.map((server) => ({ server, question, content, most, agreed: agreeing.length })),
  );
}

const countIn = (content: string): number => (content === '' ? 0 : content.split(' ').length);

function because({ question: { name, type }, content, most, agreed }: Minority): string {
  const have = agreed === 1 ? 'address has' : 'addresses have';
  // A domain has several RRsets of this type, below different names.
  const at = type === 'SRV' ? ` at ${hostOf(name)}` : '';
  return (
    `it has ${countIn(content)} ${type} records${at}; they differ from the ` +
    `${countIn(most)} that ${agreed} other ${have}`
  );
}

function recordsIn(content: string): readonly TlsaRecord[] {
  return content === '' ? [] : content.split(' ').flatMap((rdata) => tlsaFromRdata(rdata) ?? []);
}

/** A client that gets these records refuses what is presented now. */
function refuses(content: string, service: JudgedService): boolean {
  const { context, at } = service.judging;
  return chainsOf(service).some(
    (chain) => !matchRRset(recordsIn(content), chain, { ...context, at }).accepted,
  );
}

export function tlsaDisagreement(
  looks: readonly ZoneLook[],
  service: JudgedService,
  isAsked: boolean,
): readonly Finding[] {
  return looks.flatMap((look) => {
    const found = minorities(look, 'tlsa').map((one): OfServer => {
      const said = because(one);
      const { server } = one;
      return isAsked && refuses(one.content, service)
        ? {
            server,
            rule: 'servers-disagree',
            because: `${said}; clients that get them refuse the service`,
            severity: 'critical',
          }
        : { server, rule: 'servers-disagree', because: said };
    });
    return together(look, found);
  });
}

export function routeDisagreement(looks: readonly ZoneLook[]): readonly Finding[] {
  return looks.flatMap((look) => {
    const found = minorities(look, 'route').map((one): OfServer => ({
      server: one.server,
      rule: 'servers-disagree',
      because: because(one),
    }));
    return together(look, found);
  });
}
