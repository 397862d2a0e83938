// What the configuration of this installation says, compared with what is served and published.
import { hostOf } from '../../dns/name.ts';
import type { EndpointLook, ServiceFacts } from '../gather/facts.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';

const SAYING = {
  none: 'its configuration says dane = false',
  withdrawn: 'holger off has withdrawn them',
  left:
    'no configured certificate names them any more (holger run says which one did, and ' +
    'what to do)',
} as const;

const UNSEEN = {
  unreachable: 'its configuration says that this machine cannot reach it',
  'not running': 'its configuration says that it does not run yet',
} as const;

export function configuredFindings(facts: ServiceFacts): readonly Finding[] {
  const { target, tlsa } = facts;
  const { configured } = target;
  if (configured === undefined) return [];
  const { records, unseen } = configured;
  const found: Finding[] = [];
  const count = tlsa.records.length;
  if (records !== 'wanted' && count > 0) {
    const stand =
      count === 1 ? 'a TLSA record is published' : `${count} TLSA records are published`;
    const because = `${stand}, and ${SAYING[records]}`;
    found.push(finding('unwanted-records', hostOf(tlsa.owner), because));
  }
  if (unseen !== undefined) found.push(finding('not-asked', target.url, UNSEEN[unseen]));
  return [...found, ...foreign(facts)];
}

/**
 * By address, because another client may have deployed its chain on only one of several servers.
 */
function foreign({ target, endpoints }: ServiceFacts): readonly Finding[] {
  const leaves = target.configured?.leaves;
  if (leaves === undefined) return [];
  const addresses = endpoints
    .filter(({ looks }) => looks.some((look) => isForeign(look, leaves)))
    .map(({ address }) => address);
  const names = target.configured?.certificates.join(', ') ?? '';
  return [...new Set(addresses)].map((address) =>
    finding(
      'foreign-chain',
      address,
      `it presents a certificate that is not a generation of ${names}`,
    ),
  );
}

function isForeign(look: EndpointLook, leaves: readonly string[]): boolean {
  if (look.status !== 'presented') return false;
  const leaf = look.chain.certificates[0]?.der;
  return leaf !== undefined && !leaves.includes(leaf);
}
