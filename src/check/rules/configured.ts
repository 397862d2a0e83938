// What the configuration of this installation says, held against what is there.
import { hostOf } from '../../dns/name.ts';
import type { EndpointLook, ServiceFacts } from '../gather/facts.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';

const SAYING = {
  none: 'its configuration says dane = false',
  withdrawn: 'holger off has withdrawn them',
  left: 'no certificate of the configuration names them any more (holger run says which, and what to do)',
} as const;

const UNSEEN = {
  unreachable: 'its configuration says that it cannot be reached from here',
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
    const stand = count === 1 ? 'a TLSA record stands' : `${count} TLSA records stand`;
    const because = `${stand} there, and ${SAYING[records]}`;
    found.push(finding('unwanted-records', hostOf(tlsa.owner), because));
  }
  if (unseen !== undefined) found.push(finding('not-asked', target.url, UNSEEN[unseen]));
  return [...found, ...foreign(facts)];
}

/** Whoever else has put a chain in service: by address, for one server of several may be meant. */
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
      `it presents a certificate that is no generation of ${names}`,
    ),
  );
}

function isForeign(look: EndpointLook, leaves: readonly string[]): boolean {
  if (look.status !== 'presented') return false;
  const leaf = look.chain.certificates[0]?.der;
  return leaf !== undefined && !leaves.includes(leaf);
}
