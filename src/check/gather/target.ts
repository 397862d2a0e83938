// What a user writes after `holger check`: a service URL, a host with a port, a mail domain.
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import { parseService, SCHEMES, serviceText } from '../../dane/owner.ts';
import type { ServiceAddress, ServiceScheme } from '../../dane/owner.ts';
import { fqdn, hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { DomainTarget, ServiceTarget, Target } from './facts.ts';

/** The usual protocol of a port; TLS from the first octet on all others. */
function schemeAt(port: number): ServiceScheme {
  const known = Object.entries(SCHEMES).find(([, traits]) => traits.port === port);
  return known === undefined ? 'tls' : (known[0] as ServiceScheme);
}

/** The text form of a target. */
export type Written = 'service' | DomainTarget['kind'];

export type XmppScheme = Extract<ServiceScheme, `xmpp${string}`>;

function serviceTarget(service: ServiceAddress, domain?: Fqdn): ServiceTarget {
  const { scheme, host, port, start, smtpLike } = service;
  return {
    kind: 'service',
    url: serviceText(service),
    scheme,
    host,
    port,
    protocol: start,
    smtpLike,
    names: [domain ?? host],
    ...defined({ domain }),
  };
}

/** Port 25 of a host that MX records of a domain name. */
export function mxTarget(host: Fqdn, domain: Fqdn, names: readonly Fqdn[]): ServiceTarget {
  const service = { ...SCHEMES.smtp, scheme: 'smtp', host, port: 25, transport: 'tcp' } as const;
  return { ...serviceTarget(service, domain), names };
}

/** An XMPP server of a domain; `srv`: named by records, and not the domain's own address. */
export function xmppTarget(
  at: { readonly scheme: XmppScheme; readonly host: Fqdn; readonly port: number },
  domain: Fqdn,
  srv: ServiceTarget['srv'],
): ServiceTarget {
  const target = serviceTarget({ ...SCHEMES[at.scheme], ...at, transport: 'tcp' }, domain);
  return srv === undefined ? target : { ...target, srv };
}

/** `_xmpp-client._tcp.example.org.` */
export function srvOwner(scheme: XmppScheme, domain: Fqdn): Fqdn {
  return fqdn(`_${scheme}._tcp.${domain}`);
}

/**
 * `mx1.example.org:25`, `https://www.example.org`; as a mail or XMPP domain: `example.org`.
 * @throws AppError INPUT_INVALID
 */
export function parseTarget(text: string, as: Written): Target {
  const written = text.trim();
  if (as !== 'service') return { kind: as, domain: domainIn(written, as) };
  if (written.includes('://')) return roomyTarget(parseService(written));
  const [, host, port] = /^([^\s:/@[\]]+):(\d{1,5})$/.exec(written) ?? [];
  if (host === undefined || port === undefined) {
    throw new AppError(
      'INPUT_INVALID',
      `"${written}" is neither a host with a port nor a service URL`,
      {
        hint: `write ${example(written)}:25, https://${example(written)}, --mx ${example(written)} for a mail domain, or --xmpp ${example(written)}`,
      },
    );
  }
  return roomyTarget(parseService(`${schemeAt(Number(port))}://${host}:${port}`));
}

/** Below it come `_tcp` and the longest label that is asked for: the random one. */
const LONGEST_HOST = 253 - '_0123456789abcdef._tcp.'.length;

/**
 * A name of at most 255 octets can be so long that the names of its records cannot be written (RFC
 * 1035 §2.3.4).
 */
export const hasRoom = (host: Fqdn): boolean => hostOf(host).length <= LONGEST_HOST;

function roomy(name: Fqdn): Fqdn {
  if (hasRoom(name)) return name;
  const message = `"${hostOf(name)}" is too long for the names of records below it`;
  throw new AppError('INPUT_INVALID', message, {
    hint: `name a host or domain of at most ${LONGEST_HOST} octets`,
  });
}

function roomyTarget(service: ServiceAddress): ServiceTarget {
  roomy(service.host);
  return serviceTarget(service);
}

const DOMAIN = { mail: 'a mail domain', xmpp: 'an XMPP domain' } as const;

/** `user@example.org` is accepted, too: users often have an address at hand. */
function domainIn(text: string, as: DomainTarget['kind']): Fqdn {
  const domain = text.slice(text.lastIndexOf('@') + 1);
  if (/^[\d.]+$|[:/[\]]/.test(domain)) {
    throw new AppError('INPUT_INVALID', `"${text}" is not ${DOMAIN[as]}`, {
      hint: 'write the part after the @ of an address, like example.org',
    });
  }
  return roomy(fqdn(domain));
}

function example(text: string): string {
  try {
    return hostOf(fqdn(text));
  } catch {
    return 'mx1.example.org';
  }
}

/**
 * The name of a target; an XMPP domain in the form of RFC 5122, because the same domain also has
 * mail.
 */
export function targetText(target: Target): string {
  switch (target.kind) {
    case 'service':
      return target.url;
    case 'mail':
      return hostOf(target.domain);
    case 'xmpp':
      return `xmpp:${hostOf(target.domain)}`;
    case 'names':
      return `certificate ${target.certificate}`;
  }
}
