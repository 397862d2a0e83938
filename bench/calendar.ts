// Sixteen months of 10,000 certificates at Let's Encrypt, in virtual time, with the decisions of
// the program: when it asks for renewal information, when a certificate is due, when an order may
// follow another one. Lifetimes shrink at the announced dates from 90 to 64 and 45 days, the CA is
// out of reach for three days, and it recalls all certificates of a day. All were issued in the
// first four days. Draws what happened as an SVG.

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../src/base/errors.ts';
import { askForAdvice, dueAt } from '../src/engine/renewal.ts';
import type { Job } from '../src/engine/job.ts';
import { orderFloor } from '../src/rollover/plan/order/order-floor.ts';
import type { Generation, Intent, Lineage } from '../src/rollover/model.ts';
import { newLineage } from '../src/rollover/model.ts';
import { Buckets } from '../test/support/lets-encrypt-limits.ts';
import { drawn, type Day } from './calendar-svg.ts';
import { say, type Figure } from './measure.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const at = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1000;

const BEGIN = at('2027-01-01');
const END = at('2028-05-01');
/** Let's Encrypt: upcoming features, as announced on 2026-07-22. */
const LIFETIMES = [
  { from: BEGIN - 30 * DAY, days: 90 },
  { from: at('2027-02-10'), days: 64 },
  { from: at('2028-02-16'), days: 45 },
] as const;
/** Where most renewals of that round fall. */
const OUTAGE = { from: at('2027-06-24'), to: at('2027-06-27') };
const INCIDENT = { at: at('2027-09-20') + 10 * HOUR, share: 0.3 };

/** A timer runs holger every hour. */
const TICK = HOUR;
/** An order with its DNS takes half a minute, and 16 move at the same time. */
const MOST_IN_A_RUN = 16 * 120;
/** From the staged chain to its deployment, as caches require. */
const WAIT = 3 * HOUR;
/** The CA names it with its renewal information. */
const ADVICE_EVERY = 12 * HOUR;

const CA = 'https://ca.test/directory';

interface Certificate {
  readonly intent: Intent;
  readonly memory: { lineage: Lineage; saveLineage(lineage: Lineage): Promise<void> };
  /** The CA will revoke the chain that is live. */
  isRecalled: boolean;
  /** The chain that is not deployed yet, and when it will be. */
  staged: { readonly generation: Generation; readonly deployAt: number } | undefined;
}

interface Course {
  readonly certificates: readonly Certificate[];
  /** By the hour in which something may happen to them. */
  readonly visits: Map<number, Certificate[]>;
  readonly days: Day[];
  readonly limits: Buckets;
  /** As if renewals were counted like new certificates. */
  readonly orders: number[];
  refused: number;
  expired: number;
  /** Of the lifetime, at the deployment of the next chain. */
  leastLeft: number;
  now: number;
}

export async function calendar(args: readonly string[]): Promise<Figure> {
  const options = { certificates: { type: 'string', default: '10000' } } as const;
  const count = Number(parseArgs({ args: [...args], options }).values.certificates);
  const certificates = Array.from({ length: count }, (_, index) => first(index, count));
  const course: Course = {
    ...{ certificates, visits: new Map([[BEGIN, certificates]]), days: [] },
    ...{ limits: new Buckets(), orders: [] },
    ...{ refused: 0, expired: 0, leastLeft: 1, now: BEGIN },
  };
  for (; course.now < END; course.now += TICK) await hour(course);
  return summary(course, count);
}

async function hour(course: Course): Promise<void> {
  const { now, days } = course;
  if ((now - BEGIN) % DAY === 0) days.push({ at: now, renewals: 0, mostInThreeHours: 0 });
  if (now === INCIDENT.at) recall(course);
  const due: Certificate[] = [];
  for (const certificate of course.visits.get(now) ?? []) {
    deployStaged(certificate, course);
    if (certificate.staged === undefined) {
      await askForAdvice(jobOf(certificate, now));
      if (isDue(certificate, now)) due.push(certificate);
    }
  }
  const reachable = now < OUTAGE.from || now >= OUTAGE.to;
  if (reachable) for (const one of due.slice(0, MOST_IN_A_RUN)) order(one, course);
  for (const certificate of course.visits.get(now) ?? []) visitAgain(certificate, course);
  course.visits.delete(now);
  const day = days.at(-1);
  if (day === undefined) return;
  const recent = course.orders.filter((time) => time > now - 3 * HOUR);
  course.orders.splice(0, course.orders.length, ...recent);
  day.mostInThreeHours = Math.max(day.mostInThreeHours, recent.length);
}

/** In the first hour in which the program would find something new. */
function visitAgain(certificate: Certificate, { now, visits }: Course): void {
  const { intent, memory, staged } = certificate;
  const { lineage } = memory;
  const due = Math.max(dueAt({ intent }, lineage), orderFloor(intent, lineage, now) ?? 0);
  const next = staged?.deployAt ?? Math.min(due, lineage.renewal?.nextLookAt ?? now);
  const at = now + Math.max(1, Math.ceil((next - now) / TICK)) * TICK;
  const others = visits.get(at);
  if (others === undefined) visits.set(at, [certificate]);
  else others.push(certificate);
}

function isDue({ intent, memory: { lineage } }: Certificate, now: number): boolean {
  if (dueAt({ intent }, lineage) > now) return false;
  return (orderFloor(intent, lineage, now) ?? 0) <= now;
}

/** Names: half of them in 200 domains with 25 hosts each, the others in a domain of their own. */
function first(index: number, count: number): Certificate {
  const name = index % 2 === 0 ? `h${index}.shared${index % 400}.test` : `www.own${index}.test`;
  const intent = { name, domains: [name], keyType: 'ec-p256', directory: CA } as unknown as Intent;
  const issuedAt = BEGIN - 5 * DAY + Math.floor((4 * DAY * index) / count);
  const live = issued(index, 1, issuedAt);
  const certificate: Certificate = {
    ...{ intent, isRecalled: false, staged: undefined },
    memory: {
      lineage: { ...newLineage(name), generations: [live], lastWait: WAIT },
      saveLineage: (lineage) => {
        certificate.memory.lineage = lineage;
        return Promise.resolve();
      },
    },
  };
  return certificate;
}

let serial = 0;

function issued(index: number, number: number, now: number): Generation {
  const days = LIFETIMES.findLast(({ from }) => from <= now)?.days ?? 90;
  const dates = { notBefore: now - HOUR, notAfter: now - HOUR + days * DAY };
  const der = `3082${index.toString(16).padStart(8, '0')}${(serial += 1).toString(16).padStart(8, '0')}`;
  const leaf = { der, spki: der, names: [], canSign: false, signedBy: [], ...dates };
  const [name, chain] = [`h${index}`, { id: der, certificates: [leaf] }];
  const times = { createdAt: now, keyMadeAt: now, issuedAt: now };
  return {
    ...{ number, state: 'live', keyType: 'ec-p256', domains: [name], directory: CA, spki: der },
    ...{ ...times, orderUrl: `${CA}/${der}`, chain },
  };
}

/** The world of `askForAdvice`: nothing but the CA's renewal information. */
function jobOf(certificate: Certificate, now: number): Job {
  const { memory } = certificate;
  const renewalInfo = (): Promise<object> => {
    if (now >= OUTAGE.from && now < OUTAGE.to) {
      return Promise.reject(new AppError('ACME_UNREACHABLE', 'the CA does not answer'));
    }
    return Promise.resolve({ ...windowOf(certificate, now), nextLookAt: now + ADVICE_EVERY });
  };
  const world = {
    clock: { now: () => now },
    ...{ random: Math.random, log: { warn: () => undefined } },
    pki: { certId: ({ id }: { readonly id: string }) => id },
    issuerAt: () => ({ renewalInfo }),
  };
  return { memory, world, call: {} } as unknown as Job;
}

/** Around two thirds of the lifetime; in the past for what will be revoked. */
function windowOf({ memory, isRecalled }: Certificate, now: number) {
  const leaf = memory.lineage.generations.at(-1)?.chain?.certificates[0];
  const { notBefore = 0, notAfter = 0 } = leaf ?? {};
  if (isRecalled) return { start: now - DAY, end: now - HOUR };
  const [ideal, margin] = [notAfter - (notAfter - notBefore) / 3, (notAfter - notBefore) / 50];
  return { start: ideal - margin, end: ideal + margin };
}

function recall({ certificates }: Course): void {
  for (const [index, one] of certificates.entries()) {
    one.isRecalled = (index % 100) / 100 < INCIDENT.share;
  }
}

function order(certificate: Certificate, course: Course): void {
  const { now, limits } = course;
  const { lineage } = certificate.memory;
  const names = certificate.intent.domains;
  // The predecessor was issued to this account, and nothing has replaced it.
  const asked = { account: 'a', names, byAri: true, isRenewal: true };
  const strict = limits.order({ ...asked, byAri: false }, now);
  if (strict !== undefined) course.refused += 1;
  course.orders.push(now);
  const day = course.days.at(-1);
  if (day !== undefined) day.renewals += 1;
  const number = (lineage.generations.at(-1)?.number ?? 0) + 1;
  const generation = { ...issued(number, number, now), domains: names };
  certificate.staged = { generation, deployAt: now + WAIT };
}

function deployStaged(certificate: Certificate, course: Course): void {
  const { memory, staged } = certificate;
  const before = memory.lineage.generations.at(-1)?.chain?.certificates[0];
  if (before === undefined) return;
  const left = (before.notAfter - course.now) / (before.notAfter - before.notBefore);
  if (left <= 0) course.expired += 1;
  if (staged === undefined || staged.deployAt > course.now) return;
  course.leastLeft = Math.min(course.leastLeft, left);
  memory.lineage = { ...memory.lineage, generations: [staged.generation] };
  certificate.staged = undefined;
  certificate.isRecalled = false;
}

function summary(course: Course, count: number): Figure {
  const { days, refused, expired, leastLeft, limits } = course;
  const path = join(tmpdir(), 'holger-calendar.svg');
  const marks = [
    ...LIFETIMES.slice(1).map(({ from, days }) => ({ at: from, text: `${days} days` })),
    { at: OUTAGE.from, to: OUTAGE.to, text: 'CA out of reach' },
    { at: INCIDENT.at, text: 'recalled' },
  ];
  writeFileSync(path, drawn(days, marks));
  say(`drawn: ${path}`);
  const quiet = days.filter(
    ({ at }) => (at < OUTAGE.from || at > OUTAGE.to + DAY) && Math.abs(at - INCIDENT.at) > 2 * DAY,
  );
  const most = (of: (day: Day) => number, among = days): number => Math.max(...among.map(of));
  const inThree = most((day) => day.mostInThreeHours, quiet);
  say(
    `renewals: ${days.reduce((sum, day) => sum + day.renewals, 0)}, most on a day ${most((day) => day.renewals)}, on an ordinary day ${most((day) => day.renewals, quiet)}`,
  );
  say(
    `tokens left for the same names at the least: ${limits.lowest.get('new certificates of exactly these names')} of 5`,
  );
  const parts = [
    `${count} certificates: ${expired} expired`,
    `${refused} orders beyond a limit that counts renewals`,
    `at most ${inThree} orders in 3 hours on ordinary days (the limit for new ones is 300)`,
    `deployed with at least ${(leastLeft * 100).toFixed(0)} % of the lifetime left`,
  ];
  return { text: parts.join(', '), ok: expired === 0 && refused === 0 && inThree <= 300 };
}
