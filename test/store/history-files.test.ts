// The history of a certificate on disk: whole lines, whatever happens, and never too many.
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createHistoryFiles, OLDEST } from '../../src/store/history-files.ts';
import { temporaryFolder } from '../deploy/packages.ts';
import { NOW } from '../support/ca.ts';

let folder: string;
let now: number;

beforeEach(async () => {
  folder = await temporaryFolder();
  now = NOW;
});

const history = () => createHistoryFiles({ directory: folder, clock: { now: () => now } });
const file = (): string => join(folder, 'history/mx1.ndjson');
const entry = (number: number, more = '') => ({ at: now, number, more });

describe('the history of a certificate', () => {
  it('is read in the order in which it was written, by any process', () => {
    expect(history().read('mx1')).toEqual([]);
    expect(history().last('mx1')).toBeUndefined();
    for (const number of [1, 2]) history().append('mx1', entry(number));
    expect(history().read('mx1')).toEqual([entry(1), entry(2)]);
    expect(history().last('mx1')).toEqual(entry(2));
    expect(history().read('mx2')).toEqual([]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'history')).mode & 0o777).toBe(0o700);
  });

  it('loses half a line at worst, and goes on after it', () => {
    history().append('mx1', entry(1));
    appendFileSync(file(), '{"at":17');
    expect(history().read('mx1')).toEqual([entry(1)]);
    history().append('mx1', entry(2));
    expect(history().read('mx1')).toEqual([entry(1), entry(2)]);
  });

  it('leaves out what is not an entry', () => {
    history().append('mx1', entry(1));
    appendFileSync(file(), 'null\n[]\n{"at":"now"}\n{"number":3}\n\u0000\u0000\n"text"\n');
    history().append('mx1', entry(2));
    expect(history().read('mx1')).toEqual([entry(1), entry(2)]);
  });

  it('is bounded by its size: the newest entries stay', () => {
    for (let number = 0; number < 600; number += 1) {
      history().append('mx1', entry(number, 'x'.repeat(1000)));
    }
    expect(statSync(file()).size).toBeLessThan(260 * 1024);
    const numbers = history()
      .read('mx1')
      .map((it) => (it as { number: number }).number);
    expect(numbers.length).toBeGreaterThan(100);
    expect(numbers).toEqual(numbers.map((_, index) => 600 - numbers.length + index));
  });

  it('takes no entry that is longer than a page of text', () => {
    history().append('mx1', entry(1, 'x'.repeat(20_000)));
    expect(history().read('mx1')).toEqual([]);
  });

  it('is bounded by its age: what is older is not read, and removed from the file in time', () => {
    history().append('mx1', entry(1));
    now += OLDEST + 1;
    expect(history().read('mx1')).toEqual([]);
    history().append('mx1', entry(2));
    expect(readFileSync(file(), 'utf8').split('\n')).toHaveLength(3);
    now += 31 * 86_400;
    history().append('mx1', entry(3));
    expect(readFileSync(file(), 'utf8').split('\n')).toHaveLength(3);
    expect(history().read('mx1')).toHaveLength(2);
  });

  it('names a file in the folder, whatever the certificate is called', () => {
    const names = ['../../etc/passwd', '*.example.org', 'a'.repeat(255)];
    for (const name of names) {
      history().append(name, entry(1));
      expect(history().read(name)).toEqual([entry(1)]);
    }
  });

  it('that cannot be written is an error of the state', () => {
    writeFileSync(join(folder, 'history'), '');
    expect(() => history().append('mx1', entry(1))).toThrow(
      expect.objectContaining({ code: 'STORE_REFUSED' }),
    );
    expect(history().last('mx1')).toBeUndefined();
  });
});
