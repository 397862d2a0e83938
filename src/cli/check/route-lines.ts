// Where the records of a domain lead, as text.
import type { DomainReport } from '../../check/report.ts';
import type { MailRoute } from '../../check/gather/mail.ts';
import type { XmppPath } from '../../check/gather/xmpp.ts';
import { hostOf } from '../../dns/name.ts';
import { line, missing, securityOf } from './lines.ts';

function mxText({ asked, hosts, kind }: MailRoute): string {
  if (kind === 'none' || kind === 'failed') return missing(asked);
  const authentic = 'authentic' in asked.lookup ? asked.lookup.authentic : undefined;
  const listed = hosts.map(({ preference, host }) => `${preference} ${hostOf(host)}`).join(', ');
  const text =
    kind === 'null'
      ? '. (takes no mail)'
      : kind === 'implicit'
        ? 'none, mail goes to the domain itself'
        : listed;
  return `${text}${securityOf(authentic)}`;
}

function srvText({ scheme, asked, hosts, kind }: XmppPath): string {
  const { lookup } = asked;
  if ('detail' in lookup) return `${scheme}: ${lookup.status}, ${lookup.detail}`;
  const listed = hosts.map(
    ({ priority, weight, host, port }) => `${priority} ${weight} ${hostOf(host)}:${port}`,
  );
  const text =
    kind === 'null'
      ? '. (not offered)'
      : kind === 'implicit'
        ? 'none, the domain itself'
        : listed.join(', ') || 'none';
  return `${scheme}: ${text}${securityOf(lookup.authentic)}`;
}

export function routeLines(report: DomainReport): string {
  if (report.kind === 'mail') return line('MX', mxText(report.route));
  return report.route.paths
    .map((path, index) => line(index === 0 ? 'SRV' : '', srvText(path)))
    .join('');
}
