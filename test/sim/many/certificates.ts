// The certificates of a history, and what they share.
import { fqdn } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import { algorithmOf } from '../../../src/rollover/model.ts';
import type { Intent, KeyType, Policy } from '../../../src/rollover/model.ts';
import type { Chance } from '../chance.ts';
import { serviceAt } from '../services.ts';
import type { Endpoint } from '../services.ts';
import type { Group, ManySetup } from './setup.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Certificate extends Pick<Intent, 'name' | 'domains' | 'strategy'> {
  readonly keyType: KeyType;
  readonly policy: Pick<Policy, 'records' | 'trustAnchors' | 'ttl'>;
  readonly places: readonly Place[];
}

const MOST = 5;

type Sketch = Pick<Certificate, 'domains' | 'places'> & { readonly keyType?: KeyType };

export const askedFor = ({ host, port }: Place): Fqdn => fqdn(`_${port}._tcp.${host}`);

export const algorithmAt = ({ keyType }: Certificate): 'ecdsa' | 'rsa' => algorithmOf(keyType);

/** Whether the certificate is deployed there. */
export function isOf(certificate: Certificate, endpoint: Endpoint): boolean {
  const { host, port = 25, algorithm = 'ecdsa' } = endpoint;
  const isHere = certificate.places.some((one) => one.host === host && one.port === port);
  return isHere && algorithmAt(certificate) === algorithm;
}

/** At one service of one host. */
const at = (host: string, port = 25, keyType?: KeyType): Sketch => ({
  domains: [host],
  places: [{ host, port }],
  ...(keyType === undefined ? {} : { keyType }),
});

function membersOf(group: Group, label: string): readonly Sketch[] {
  const host = `${label}.example.org`;
  const other = `${label}-b.example.org`;
  switch (group) {
    case 'alone':
      return [at(host)];
    case 'pair':
      return [at(host), at(host, 25, 'rsa-2048')];
    case 'ports':
      return [at(host), at(host, 465)];
    case 'alias':
      return [at(host), at(other)];
    case 'challenge':
      return [
        at(host),
        { domains: [`*.${host}`], places: [{ host: `a.${host}`, port: 25 }] },
        { domains: [host, `*.${host}`], places: [{ host: `b.${host}`, port: 25 }] },
      ];
    case 'overlap': {
      const both = [host, other].map((one) => ({ host: one, port: 25 }));
      const wide = { domains: [host, other], places: both };
      return [wide, at(host, 25, 'rsa-2048'), at(other, 25, 'rsa-2048')];
    }
  }
}

export function certificatesOf(
  { groups, mixed }: ManySetup,
  chance: Chance,
): readonly Certificate[] {
  const sketches = groups.flatMap((group, index) => membersOf(group, `h${index}`));
  const manner = () => ({
    strategy: chance.pick(['staged', 'prepublished', 'reuse-key'] as const),
    policy: {
      records: chance.pick<Policy['records']>([
        ['3 1 1'],
        ['3 1 1', '2 1 1'],
        ['2 1 1'],
        ['3 0 1'],
        ['3 1 2', '3 1 1'],
      ]),
      trustAnchors: chance.pick(['chain', 'issuer', 'top'] as const),
      ttl: chance.pick([30, 60, 300]),
    },
  });
  const common = manner();
  return sketches.slice(0, MOST).map((sketch, index) => ({
    ...{ name: `c${index}`, keyType: 'ec-p256' as const },
    ...sketch,
    ...(mixed ? manner() : common),
  }));
}

/** Without what a process adds to it. */
export function intentOf(
  { places, ...certificate }: Certificate,
  { ttlFactor, cacheFloor, assumedTtl, margin, settle }: ManySetup,
): Omit<Intent, 'targets'> {
  return {
    ...certificate,
    dane: true,
    directory: 'sim:ca',
    services: places.map((place) => ({
      id: serviceAt(place),
      owner: askedFor(place),
      names: [place.host],
      smtpLike: true,
      running: true,
      reachable: true,
    })),
    policy: { ...certificate.policy, ttlFactor, cacheFloor, assumedTtl, margin, settle },
    force: false,
  };
}
