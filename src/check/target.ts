// What people write after `holger check`: a service URL, a host with a port, a mail domain.
import { AppError } from '../base/errors.ts';
import { parseService, SCHEMES, serviceText } from '../dane/owner.ts';
import type { ServiceAddress, ServiceScheme } from '../dane/owner.ts';
import { fqdn, hostOf } from '../dns/name.ts';
import type { Fqdn } from '../dns/name.ts';
import type { ServiceTarget, Target } from './facts.ts';

/** What usually listens on a port; TLS from the first octet elsewhere. */
function schemeAt(port: number): ServiceScheme {
  const known = Object.entries(SCHEMES).find(([, traits]) => traits.port === port);
  return known === undefined ? 'tls' : (known[0] as ServiceScheme);
}

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
    ...(domain === undefined ? {} : { domain }),
  };
}

/** Port 25 of a host that MX records of a domain name. */
export function mxTarget(host: Fqdn, domain: Fqdn): ServiceTarget {
  return serviceTarget(
    { ...SCHEMES.smtp, scheme: 'smtp', host, port: 25, transport: 'tcp' },
    domain,
  );
}

/**
 * `mx1.example.org:25`, `https://www.example.org`; with `mail`, a mail domain: `example.org`.
 * @throws AppError INPUT_INVALID
 */
export function parseTarget(text: string, mail: boolean): Target {
  const written = text.trim();
  if (mail) return { kind: 'mail', domain: mailDomain(written) };
  if (written.includes('://')) return serviceTarget(parseService(written));
  const [, host, port] = /^([^\s:/@[\]]+):(\d{1,5})$/.exec(written) ?? [];
  if (host === undefined || port === undefined) {
    throw new AppError('INPUT_INVALID', `"${written}" is no host with a port and no service URL`, {
      hint: `write ${example(written)}:25, https://${example(written)}, or --mx ${example(written)} for a mail domain`,
    });
  }
  return serviceTarget(parseService(`${schemeAt(Number(port))}://${host}:${port}`));
}

/** `user@example.org` is taken, too: that is what people have at hand. */
function mailDomain(text: string): Fqdn {
  const domain = text.slice(text.lastIndexOf('@') + 1);
  if (/^[\d.]+$|[:/[\]]/.test(domain)) {
    throw new AppError('INPUT_INVALID', `"${text}" is no mail domain`, {
      hint: 'write the part behind the @ of an address, like example.org',
    });
  }
  return fqdn(domain);
}

function example(text: string): string {
  try {
    return hostOf(fqdn(text));
  } catch {
    return 'mx1.example.org';
  }
}
