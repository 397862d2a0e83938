// Certificates for the page, in which each text of others is the given one.
import { NOW } from '../../rollover/world.ts';
import type { CertificateStatus } from '../../../src/app/status/certificate-status.ts';
import type { Event } from '../../../src/engine/events.ts';
import { fqdn } from '../../../src/dns/name.ts';

const DAY = 86_400;
const OWNER = '_25._tcp.mx1.example.org.';

/** With an entry in every list. `text`: what a CA, a server, a file says. */
export function statusWith(text: string, name = 'mx1'): CertificateStatus {
  const generation = {
    ...{ number: 1, keyType: 'ec-p256', notBefore: NOW - DAY, notAfter: NOW + 20 * DAY },
    ...{ issuer: text, directory: text, staging: true, origin: 'ordered' as const },
    ...{ revokedAt: NOW, compromised: true, deployedAt: NOW - 60, provenAt: NOW - 30 },
  };
  return {
    certificate: name,
    phase: 'waiting',
    names: [text, 'mx1.example.org'],
    ca: {
      ...{ directory: text, staging: false, alternatives: [text] },
      insteadOf: { directory: text, since: NOW - DAY },
      limited: { until: NOW + DAY, because: text, hint: text },
    },
    keyType: 'ec-p256',
    tlsa: { state: 'on' },
    live: generation,
    staged: { ...generation, number: 2, deployedAt: undefined, provenAt: undefined },
    generation: 1,
    notAfter: NOW + 20 * DAY,
    renewal: {
      candidates: [{ cause: 'recalled', dueAt: undefined, at: undefined, because: text }],
      ...{ wait: 0, spread: 0, window: 0 },
    },
    waitingFor: text,
    until: NOW + 7200,
    next: text,
    why: [text],
    reasons: [
      { rule: 'cached-nowhere', section: 'RFC 7671 §8.1', because: text, until: NOW + 7200 },
      { rule: 'all-go-back', section: 'option rollback_after', because: text, lines: [text] },
    ],
    way: [
      {
        stage: 'wait',
        at: NOW,
        until: NOW + 7200,
        reasons: [{ rule: 'cached-nowhere', because: text }],
      },
      { stage: 'send', at: NOW + 7200, generation: 2, labels: [text] },
      { stage: 'deploy', at: NOW + 7200, generation: 2 },
      {
        ...{ stage: 'withdraw', at: NOW + DAY, owner: fqdn(OWNER), ttl: 60 },
        ...{ add: [text], remove: [text] },
      },
      {
        stage: 'open',
        at: NOW + DAY,
        person: true,
        reasons: [{ rule: 'all-go-back', because: text }],
      },
      { stage: 'rest', at: NOW + DAY, until: NOW + 60 * DAY },
    ],
    hints: [text],
    owners: [
      {
        ...{ owner: OWNER, target: text, zone: text, security: text },
        ...{ seenAt: NOW - 60, ttl: 3600, silent: [text] },
        records: [
          { record: text, wanted: true, served: 'nowhere', ours: true },
          { record: '3 1 1 ab', wanted: false, served: 'everywhere', ours: true },
          { record: '3 1 1 cd', wanted: false, served: 'somewhere', ours: false },
        ],
      },
    ],
    pending: [
      {
        ...{ certificate: name, zone: text, owner: OWNER, type: 'TLSA', ttl: 60 },
        ...{ add: [text], remove: [text], since: NOW - 60 },
      },
    ],
    services: [
      {
        ...{ url: text, tlsaOwner: OWNER, endpoints: 2, current: 1, finding: text },
        seen: [
          { address: '192.0.2.25', presents: text, seenAt: NOW - 60, failure: text },
          { address: '2001:db8::25', presents: undefined, seenAt: undefined, failure: undefined },
        ],
      },
    ],
    targets: [{ label: text, writes: [text], holds: text }],
    trouble: { code: 'DNS_TIMEOUT', message: text, hint: text, at: NOW - 60, attempts: 2 },
  };
}

/** Nothing is due. */
export function idle(name: string, notAfter = NOW + 40 * DAY): CertificateStatus {
  const { trouble: _none, ...status } = statusWith('-', name);
  return {
    ...status,
    ...{ phase: 'idle', staged: undefined, notAfter, until: NOW + 9 * DAY, next: 'renewal' },
    ...{ waitingFor: 'the next renewal', names: [`${name}.example.org`], why: [], reasons: [] },
    ...{ hints: [], pending: [], way: [{ stage: 'rest', at: NOW, until: NOW + 9 * DAY }] },
  };
}

/** The last rollover, and the one before. */
export function eventsWith(text: string): readonly Event[] {
  const of = (at: number) => ({ at, certificate: 'mx1' });
  return [
    { ...of(NOW - 90 * DAY), event: 'key-created', generation: 1, keyType: 'ec-p256' },
    { ...of(NOW - 90 * DAY), event: 'proven', generation: 1, endpoints: 2 },
    { ...of(NOW - DAY), event: 'key-created', generation: 2, keyType: 'ec-p256' },
    { ...of(NOW - DAY), event: 'issued', generation: 2, notAfter: NOW + 90 * DAY },
    {
      ...{ ...of(NOW - 7200), event: 'published', owner: OWNER, ttl: 60 },
      ...{ add: [text], remove: [text] },
    },
    { ...of(NOW - 3600), event: 'failed', code: 'DNS_TIMEOUT', message: text, hint: text, exit: 3 },
    {
      ...{ ...of(NOW - 60), event: 'waiting', until: NOW + 7200, known: true },
      reasons: [{ rule: 'cached-nowhere', because: text }],
    },
  ];
}
