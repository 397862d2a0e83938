// A mail domain as a whole: its MX records, and the hosts beside each other.
import { hostOf } from '../../dns/name.ts';
import type { MailRoute } from '../mail.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { JudgedService } from '../judged.ts';
import { chainsOf } from '../judged.ts';
import { foundIn } from '../tlsa.ts';

function routeFindings({ target, mx, kind, hosts }: MailRoute): readonly Finding[] {
  const domain = hostOf(target.domain);
  const { lookup } = mx;
  switch (kind) {
    case 'failed': {
      const detail = 'detail' in lookup ? lookup.detail : 'no answer';
      return [finding(lookup.status === 'bogus' ? 'mx-bogus' : 'mx-fails', domain, detail)];
    }
    case 'none':
      return [finding('no-mail', domain, 'it has neither MX records nor an address')];
    case 'null':
      return [finding('null-mx', domain, 'its MX record is ".": it takes no mail')];
    case 'implicit':
    case 'listed':
  }
  const found: Finding[] = [];
  if (kind === 'implicit') {
    found.push(
      finding(
        'implicit-mx',
        domain,
        `it has no MX records; mail goes to ${hosts.map(({ host }) => hostOf(host)).join(', ')}`,
      ),
    );
  }
  if ('authentic' in lookup && !lookup.authentic) {
    found.push(finding('mx-insecure', domain, 'its MX records are not signed'));
  }
  return found;
}

function hostFindings(route: MailRoute, services: readonly JudgedService[]): readonly Finding[] {
  const found: Finding[] = [];
  const domain = hostOf(route.target.domain);
  for (const { facts } of services) {
    const alias = facts.hosts.flatMap((asked) => foundIn(asked)?.aliases ?? [])[0];
    if (alias !== undefined && route.kind === 'listed') {
      found.push(
        finding(
          'mx-is-alias',
          hostOf(facts.target.host),
          `it is an alias of ${hostOf(facts.tlsa.base === facts.target.host ? facts.target.host : facts.tlsa.base)}`,
        ),
      );
    }
  }
  const without = services.filter(({ facts }) =>
    ['absent', 'none', 'insecure'].includes(facts.tlsa.state),
  );
  if (without.length > 0 && without.length < services.length) {
    found.push(
      finding(
        'partial-mx',
        domain,
        `of ${services.length} MX hosts ${without.map(({ facts }) => hostOf(facts.target.host)).join(', ')} ${without.length === 1 ? 'has' : 'have'} no records that count`,
      ),
    );
  }
  if (services.length > 1 && isOneKey(services)) {
    found.push(finding('same-key', domain, `all ${services.length} MX hosts present the same key`));
  }
  return found;
}

function isOneKey(services: readonly JudgedService[]): boolean {
  const keys = services.map(
    (service) => new Set(chainsOf(service).map(({ certificates }) => certificates[0]?.spki)),
  );
  const [first] = keys[0] ?? [];
  return first !== undefined && keys.every((own) => own.size === 1 && own.has(first));
}

export function mailFindings(
  route: MailRoute,
  services: readonly JudgedService[],
): readonly Finding[] {
  return [...routeFindings(route), ...hostFindings(route, services)];
}
