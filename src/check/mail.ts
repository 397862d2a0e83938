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
    const takesNone = hosts.every(({ host }) => host === '.');
    return { target, mx, hosts: takesNone ? [] : hosts, kind: takesNone ? 'null' : 'listed' };
  }
  const { status } = mx.lookup;
  if (status === 'nxdomain') return { target, mx, hosts: [], kind: 'none' };
  if (status !== 'nodata') return { target, mx, hosts: [], kind: 'failed' };
  const addresses = await Promise.all([ask(domain, 'A'), ask(domain, 'AAAA')]);
  const exists = addresses.some((asked) => foundIn(asked) !== undefined);
  const itself: MxHost = { preference: 0, host: domain };
  return exists
    ? { target, mx, hosts: [itself], kind: 'implicit' }
    : { target, mx, hosts: [], kind: 'none' };
}
