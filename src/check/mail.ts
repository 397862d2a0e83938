// Where the mail of a domain goes (RFC 5321 §5.1, RFC 7505).
import { mxOf } from '../dns/rdata.ts';
import type { Ask, Asked } from './answers.ts';
import type { MailTarget, MxHost } from './facts.ts';
import { foundIn } from './tlsa.ts';

export interface MailRoute {
  readonly target: MailTarget;
  readonly mx: Asked;
  /** By preference; the domain itself where it has an address and no MX records. */
  readonly hosts: readonly MxHost[];
  /** `null`: the domain takes no mail (RFC 7505). `none`: it has neither MX records nor an address. */
  readonly kind: 'listed' | 'implicit' | 'null' | 'none' | 'failed';
  /** Which look-up failed, where it is not known where the mail goes. */
  readonly failed?: Asked;
  /** A null MX stands beside others (RFC 7505 §3). */
  readonly contradicts: boolean;
}

export async function routeOf(target: MailTarget, ask: Ask): Promise<MailRoute> {
  const { domain } = target;
  const mx = await ask(domain, 'MX');
  const found = foundIn(mx);
  if (found !== undefined) {
    const hosts = found.rrset.rdata
      .map(mxOf)
      .map(({ preference, exchange }) => ({ preference, host: exchange }))
      .sort((a, b) => a.preference - b.preference || (a.host < b.host ? -1 : 1));
    const named = hosts.filter(({ host }) => host !== '.');
    const kind = named.length === 0 ? 'null' : 'listed';
    const contradicts = kind === 'listed' && named.length < hosts.length;
    return { target, mx, hosts: named, kind, contradicts };
  }
  const route = { target, mx, hosts: [], contradicts: false };
  const { status } = mx.lookup;
  if (status === 'nxdomain') return { ...route, kind: 'none' };
  if (status !== 'nodata') return { ...route, kind: 'failed', failed: mx };
  const addresses = await Promise.all([ask(domain, 'A'), ask(domain, 'AAAA')]);
  if (addresses.some((asked) => foundIn(asked) !== undefined)) {
    return { ...route, hosts: [{ preference: 0, host: domain }], kind: 'implicit' };
  }
  // No answer about addresses is not the same as no address.
  const failed = addresses.find(({ lookup }) => 'detail' in lookup);
  return failed === undefined ? { ...route, kind: 'none' } : { ...route, kind: 'failed', failed };
}
