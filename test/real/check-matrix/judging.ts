// How the programs of others are run for a row, and their expected verdict if holger is right.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { createLimit } from '../../../src/base/limit.ts';
import type { Outcome } from '../../../src/check/judge/verdict.ts';
import type { KeyAlgorithm } from '../../../src/dane/key-algorithm.ts';
import { danetool, ldnsDane, openssl, posttlsFinger } from '../../lab/dane-judges.ts';
import type { Judged, Judgement } from '../../lab/dane-judges.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Chain, Judge, MailCase, ServiceCase } from './case.ts';
import { aLabels, domainOf, hostOf, portOf } from './world.ts';

const JUDGEMENT: Readonly<Record<Outcome, Judgement>> = {
  secure: 'verified',
  mismatch: 'refused',
  'no-starttls': 'refused',
  'tls-failed': 'refused',
  'not-offered': 'refused',
  unusable: 'plain',
  inert: 'plain',
  'no-tlsa': 'plain',
  bogus: 'deferred',
  'tlsa-unknown': 'deferred',
  'no-connection': 'deferred',
  'not-asked': 'deferred',
};

/**
 * Of each endpoint that holger has observed; a host without any cannot be found. Without records no
 * client insists on TLS.
 */
const expectedOf = (outcomes: readonly Outcome[], hasRecords: boolean): readonly Judgement[] =>
  outcomes.length === 0
    ? ['deferred']
    : outcomes.map((outcome) =>
        outcome === 'no-starttls' && !hasRecords ? 'plain' : JUDGEMENT[outcome],
      );

/**
 * A judge that sees several certificates has to agree about each; one that sees a single one, with
 * the worst.
 */
export function expectedOfService(
  row: ServiceCase,
  outcomes: readonly Outcome[],
  looks: number,
): readonly Judgement[] {
  const all = expectedOf(outcomes, row.tlsa.length > 0);
  const worst = WORST.find((one) => all.includes(one)) ?? 'deferred';
  return looks === all.length ? all : Array.from({ length: looks }, () => worst);
}

/** Mail is delivered to the first host. */
export const expectedOfMail = ({ outcome }: MailCase): readonly Judgement[] =>
  expectedOf(outcome.slice(0, 1), true);

const WORST: readonly Judgement[] = ['refused', 'deferred', 'plain', 'verified'];

interface Look {
  readonly address: string;
  /** Undefined: no server listens. */
  readonly chain: Chain | undefined;
  readonly algorithm: Extract<KeyAlgorithm, 'ecdsa' | 'rsa'>;
}

/** Every certificate that clients with the host name get, at each address. */
function looksAt({ presents, manner }: ServiceCase, addresses: readonly string[]): Look[] {
  return presents.flatMap((chains, at) => {
    const shown = manner === 'by-name' ? chains.slice(0, 1) : chains;
    return (shown.length === 0 ? [undefined] : shown).map((chain) => ({
      ...{ address: addresses[at] ?? '', chain },
      algorithm: chain?.leaf.keys.publicKey.algorithm.name === 'ECDSA' ? 'ecdsa' : 'rsa',
    }));
  });
}

/** Several at the same time, but so few that none times out while it waits for the processor. */
const atOnce = createLimit(6);

export type Judgements = Readonly<Partial<Record<Judge, readonly Judged[]>>>;

export async function judgeService(
  lab: Lab,
  row: ServiceCase,
  addresses: readonly string[],
): Promise<Judgements> {
  const host = hostOf(row);
  const port = portOf(row);
  const isAsked = (judge: Judge): boolean => row.differs?.[judge]?.says !== 'silent';
  const ask = async (judge: Judge, jobs: readonly (() => Promise<Judged>)[]) =>
    isAsked(judge) ? { [judge]: await Promise.all(jobs.map(atOnce)) } : {};
  const all = looksAt(row, addresses);
  const parts = await Promise.all([
    ask('posttls-finger', port === 25 ? [() => posttlsFinger(lab, `[${host}]`)] : []),
    ask(
      'openssl',
      all.map(
        ({ address, algorithm }) =>
          () =>
            openssl(lab, { host, address, port }, algorithm),
      ),
    ),
    ask('danetool', [() => danetool(lab, host, port)]),
    ask(
      'ldns-dane',
      all.map(({ chain }, at) => async () => {
        if (port !== 25 || chain === undefined) return ldnsDane(lab, host, port);
        const file = join(lab.dir, `${host}-${at}.pem`);
        await writeFile(file, [chain.leaf, ...chain.above].map(({ pem }) => pem).join(''));
        return ldnsDane(lab, host, port, file);
      }),
    ),
  ]);
  return Object.assign({}, ...parts) as Judgements;
}

export const judgeMail = async (lab: Lab, row: MailCase): Promise<Judgements> => ({
  'posttls-finger': [await atOnce(() => posttlsFinger(lab, aLabels(domainOf(row))))],
});
