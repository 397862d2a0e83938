import { expect, it } from 'vitest';
import { checkProfile, mostNames, profileOf } from '../../src/acme/profiles.ts';
import { AppError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/log.ts';

const directoryUrl = 'https://acme-v02.api.letsencrypt.org/directory';
const at = {
  directoryUrl,
  directory: { profiles: { classic: 'a', shortlived: 'b', tlsserver: 'c' } },
};

function refusal(asked: Parameters<typeof checkProfile>[0], where: typeof at = at): string {
  try {
    checkProfile(asked, where);
    return '';
  } catch (error) {
    return error instanceof AppError ? error.message : String(error);
  }
}

it("the names of an order are counted against the limits of Let's Encrypt", () => {
  expect(refusal({ profile: 'shortlived', names: 25 })).toBe('');
  expect(refusal({ profile: 'shortlived', names: 26 })).toBe(
    'the CA issues certificates of at most 25 names with the profile "shortlived", and 26 are requested',
  );
  expect(refusal({ names: 100 })).toBe('');
  expect(refusal({ names: 101 })).toBe(
    'the CA issues certificates of at most 100 names, and 101 are requested',
  );
});

it('the limit of another CA is not known', () => {
  const other = { ...at, directoryUrl: 'https://ca.example/directory' };
  expect(mostNames(other.directoryUrl, 'shortlived')).toBeUndefined();
  expect(mostNames(directoryUrl, 'new-one')).toBeUndefined();
  expect(refusal({ profile: 'shortlived', names: 500 }, other)).toBe('');
});

it('a preferred profile that does not allow so many names is not asked for', () => {
  const said: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void said.push(message) };
  const few = { preferredProfile: 'shortlived', names: 25 };
  expect(profileOf(few, at, logger)).toBe('shortlived');
  expect(said).toEqual([]);
  expect(profileOf({ ...few, names: 26 }, at, logger)).toBeUndefined();
  expect(said).toEqual(['the preferred profile allows fewer names; the order names none']);
});

it('a required profile takes the place of a preferred one', () => {
  const asked = { profile: 'classic', preferredProfile: 'shortlived', names: 1 };
  expect(profileOf(asked, at, silentLogger)).toBe('classic');
});
