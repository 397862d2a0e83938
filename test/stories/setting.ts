// What a story may configure, and the defaults.
import type { Seconds } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { Intent, Policy, ServiceIntent, Strategy } from '../../src/rollover/model.ts';
import { Chance } from '../sim/chance.ts';
import type { ZoneOptions } from '../sim/zone.ts';

/** Nothing is random, and everything takes as long as it may. */
export class NoChance extends Chance {
  constructor() {
    super(0);
  }
  override next(): number {
    return 0.5;
  }
  override happens(probability: number): boolean {
    return probability >= 1;
  }
  override between(_low: number, high: number): number {
    return high;
  }
  override pick<T>([first]: readonly T[]): T {
    if (first === undefined) throw new RangeError('nothing to pick from');
    return first;
  }
}

export interface Setting {
  readonly hosts?: readonly string[];
  /** Addresses of each host. */
  readonly addresses?: number;
  /** Processes behind each address. */
  readonly workers?: number;
  readonly leafOnly?: boolean;
  /** Web services, whose clients trust these CAs too; without it they are mail servers. */
  readonly webTrusts?: readonly string[];
  /** How this host reaches the services, where the operator had to say it. */
  readonly services?: Partial<Pick<ServiceIntent, 'running' | 'reachable'>>;
  /** Chains hold the root too. */
  readonly withRoot?: boolean;
  readonly nameServers?: ZoneOptions['addresses'];
  /** Providers that serve the zone, one name server each; the first one has the highest serial. */
  readonly signers?: number;
  /** The primary is not among the name servers. */
  readonly hidden?: boolean;
  readonly policy?: Partial<Policy>;
  readonly strategy?: Strategy;
  readonly rotateKeyEvery?: Seconds;
  /** The canonical owner of all hosts, by CNAMEs. */
  readonly alias?: string;
  /** A second CA is next in the list; `known`: CA certificates of both are configured. */
  readonly fallback?: { readonly known: boolean };
  /** Lifetime of certificates; 90 days by default. */
  readonly lifetime?: Seconds;
  /** The CA has renewal information. */
  readonly renewalInfo?: true;
  /** How often the timer starts holger. */
  readonly timer?: string;
}

const POLICY: Policy = {
  records: ['3 1 1'],
  trustAnchors: 'chain',
  ttl: 3600,
  ttlFactor: 2,
  cacheFloor: 3600,
  assumedTtl: 86_400,
  margin: 60,
  settle: 30,
};

export const NAME_SERVERS: ZoneOptions['addresses'] = [
  { server: 'ns1.example.org', address: '192.0.2.53' },
  { server: 'ns2.example.org', address: '192.0.2.54' },
];

/** The second CA. */
export const FALLBACK = 'sim:fallback';

/** The owner of a host. */
export function ownerAt(host: string, { webTrusts }: Setting): Fqdn {
  return fqdn(`_${webTrusts === undefined ? 25 : 443}._tcp.${host}`);
}

/** The configuration of holger. */
export function intentFor(hosts: readonly string[], setting: Setting): Intent {
  const { strategy = 'staged', rotateKeyEvery, policy, webTrusts } = setting;
  return {
    name: 'mail',
    domains: hosts,
    keyType: 'ec-p256',
    dane: true,
    strategy,
    ...(rotateKeyEvery === undefined ? {} : { rotateKeyEvery }),
    directory: 'sim:ca',
    ...(setting.fallback === undefined
      ? {}
      : { otherDirectories: [FALLBACK], issuerPatience: 6 * 3600 }),
    services: hosts.map((host) => ({
      id: webTrusts === undefined ? `smtp://${host}:25` : `https://${host}:443`,
      owner: ownerAt(host, setting),
      names: [host],
      smtpLike: webTrusts === undefined,
      running: true,
      reachable: true,
      ...setting.services,
    })),
    targets: [],
    policy: { ...POLICY, ...policy },
    force: false,
  };
}
