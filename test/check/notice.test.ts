// The text of a message.
import { describe, expect, test } from 'vitest';
import { RULES } from '../../src/check/rules/catalogue.ts';
import type { News } from '../../src/watch/changes.ts';
import { finding } from '../../src/check/rules/finding.ts';
import { noticeOf } from '../../src/watch/message.ts';

const at = Date.UTC(2026, 10, 21, 3, 0, 0) / 1000;
const occasion = { id: 'one', at, host: 'watch.example.org' };
const MX = 'smtp://mx1.example.org:25';

const mismatch = finding('mismatch', '192.0.2.1', 'no record matches the ECDSA chain');
const broken = (target = MX): News => ({
  kind: 'changed',
  row: { target, severity: 'critical', findings: [mismatch] },
  before: 'ok',
  since: at - 7200,
});

test('one target: the subject says what it is, the text why and what to do', () => {
  const { subject, text, document } = noticeOf([broken()], occasion);
  expect(subject).toBe(
    '[holger] CRITICAL mx1.example.org:25: mismatch, no record matches the ECDSA chain',
  );
  expect(text).toBe(`smtp://mx1.example.org:25 is CRITICAL (was OK since 2026-11-21T01:00:00Z, 2h)
* CRITICAL mismatch at 192.0.2.1
  because: no record matches the ECDSA chain
  todo: ${RULES.mismatch.todo}

2026-11-21T03:00:00Z, holger check --watch on watch.example.org
`);
  expect(document).toMatchObject({
    ...{ schema: 1, id: 'one', at: '2026-11-21T03:00:00Z', severity: 'critical' },
    news: [{ change: 'changed', target: MX, before: 'ok', findings: [{ rule: 'mismatch' }] }],
  });
});

test('a recovery and a reminder have the duration', () => {
  const row = { target: MX, severity: 'ok' as const, findings: [] };
  const recovered = noticeOf(
    [{ kind: 'recovered', row, before: 'critical', since: at - 8100 }],
    occasion,
  );
  expect(recovered.subject).toBe('[holger] OK mx1.example.org:25: recovered after 2h 15m');
  const reminder = {
    ...broken(),
    kind: 'reminder',
    before: 'critical',
    since: at - 86_400,
  } as News;
  expect(noticeOf([reminder], occasion).subject).toBe(
    '[holger] CRITICAL mx1.example.org:25: still, for 1d: mismatch, no record matches the ECDSA chain',
  );
});

test('many targets are one message: the worst first, and bounded', () => {
  const all = Array.from({ length: 500 }, (_, index) => broken(`smtp://mx${index}.example.org:25`));
  const row = { target: 'example.org', severity: 'ok' as const, findings: [] };
  const { subject, text } = noticeOf([{ kind: 'recovered', row, since: at }, ...all], occasion);
  expect(subject).toMatch(/^\[holger\] CRITICAL 501 targets: mx0\.example\.org:25, mx1/);
  expect(subject.length).toBeLessThanOrEqual(160);
  expect(text.match(/todo:/g)).toHaveLength(10);
  expect(text).toContain('and 301 more targets\n');
  expect(text.length).toBeLessThan(30_000);
});

test('text from the network adds no lines of its own', () => {
  const evil = finding(
    'no-connection',
    'x\r\nBcc: you@example.net',
    'said\r\n\u001b[2JOK\u2028\u202e' + 'x'.repeat(9000),
  );
  const row = { target: MX, severity: 'unknown' as const, findings: [evil] };
  const { subject, text } = noticeOf([{ kind: 'first', row, since: at }], occasion);
  expect(subject).not.toMatch(/[\r\n\u001b\u2028]/);
  expect(text).toContain('at x Bcc: you@example.net\n  because: said \\u001b[2JOK \\u202exxx');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(2100);
});

describe('K49: an improvement is reported as one', () => {
  const better = { ...broken(), before: 'critical' } as News;
  const warned = (news: News): News =>
    'row' in news ? { ...news, row: { ...news.row, severity: 'warning' } } : news;

  test('one target', () => {
    expect(noticeOf([warned(better)], occasion).subject).toBe(
      '[holger] WARNING mx1.example.org:25: better, was CRITICAL: mismatch, no record matches the ECDSA chain',
    );
    expect(noticeOf([warned(broken())], occasion).subject).not.toContain('better');
  });

  test('several, and only when all of them did', () => {
    const row = { target: MX, severity: 'ok' as const, findings: [] };
    const well = { kind: 'recovered', row, since: at } as News;
    expect(noticeOf([warned(better), well], occasion).subject).toContain('2 targets better: ');
    expect(noticeOf([warned(better), broken()], occasion).subject).toContain('2 targets: ');
  });
});
