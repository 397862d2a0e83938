// Where a certificate is seen: endpoints, TLSA records, and the files at targets.
import type { Instant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type {
  EndpointStatus,
  OwnerStatus,
  RecordStatus,
  ServiceStatus,
  TargetStatus,
} from '../status/certificate-status.ts';
import { tableHtml, whenHtml } from './frame.ts';
import { markup } from './markup.ts';
import type { Html } from './markup.ts';

export function servicesHtml(services: readonly ServiceStatus[], now: Instant): Html {
  if (services.length === 0) return markup`<p>It has no services.</p>`;
  return markup`${services.map((service) => serviceHtml(service, now))}`;
}

function serviceHtml(service: ServiceStatus, now: Instant): Html {
  const { url, endpoints, current, seen, finding } = service;
  const verdict = endpoints === current ? 'good' : 'wait';
  const rows = seen.map((one) => [one.address, ...endpointCells(one, now)]);
  return markup`<h3>${url}</h3>
<p><span class="${verdict}">${current} of ${endpoints} endpoints present the live generation</span>${
    finding === undefined ? '' : `: ${finding}`
  }</p>
${
  rows.length === 0
    ? markup`<p>Not seen yet.</p>`
    : tableHtml({
        caption: `Endpoints of ${url}`,
        heads: ['Address', 'Presents', 'Seen', 'Last failure'],
        rows,
      })
}`;
}

function endpointCells(
  { presents, seenAt, failure }: EndpointStatus,
  now: Instant,
): readonly (Html | string)[] {
  return [
    presents ?? 'nothing known',
    seenAt === undefined ? 'never' : whenHtml(seenAt, now),
    failure === undefined ? '-' : markup`<span class="bad">no answer: ${failure}</span>`,
  ];
}

export function ownersHtml(owners: readonly OwnerStatus[], now: Instant): Html {
  if (owners.length === 0) return markup`<p>No sweep of its TLSA records was made yet.</p>`;
  return markup`${owners.map((owner) => ownerHtml(owner, now))}`;
}

function ownerHtml(it: OwnerStatus, now: Instant): Html {
  const { owner, target, zone, security, seenAt, ttl, records, silent } = it;
  const facts = [
    ...(target === owner ? [] : [`alias of ${target}`]),
    `zone ${zone}`,
    security,
    ...(ttl === undefined ? [] : [`TTL ${formatDuration(ttl)}`]),
  ];
  const mute = markup`<p class="wait">No answer from ${silent.join(', ')}.</p>`;
  return markup`<h3>${owner}</h3>
<p>${facts.join(', ')}; seen ${whenHtml(seenAt, now)}.</p>
${silent.length === 0 ? undefined : mute}
${
  records.length === 0
    ? markup`<p>No TLSA records.</p>`
    : tableHtml({
        caption: `TLSA records at ${owner}`,
        heads: ['Record', 'Wanted', 'Served', 'Written by'],
        rows: records.map((record) => [
          markup`<code>${record.record}</code>`,
          wantedHtml(record),
          record.served,
          record.ours ? 'holger' : 'others',
        ]),
      })
}`;
}

function wantedHtml({ wanted, served, ours }: RecordStatus): Html {
  if (wanted) return markup`<span class="${served === 'everywhere' ? 'good' : 'wait'}">yes</span>`;
  return ours ? markup`<span class="wait">no, to be withdrawn</span>` : markup`no`;
}

export function targetsHtml(targets: readonly TargetStatus[]): Html {
  if (targets.length === 0) return markup`<p>It has no targets.</p>`;
  return tableHtml({
    caption: 'What is at the targets',
    heads: ['Target', 'Holds', 'Writes'],
    rows: targets.map(({ label, holds, writes }) => [
      label,
      holds ?? 'not readable',
      markup`${writes.map((file) => markup`<code>${file}</code><br>`)}`,
    ]),
  });
}
