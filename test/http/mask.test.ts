import { expect, it } from 'vitest';
import { maskSecrets, printableUrl } from '../../src/http/mask.ts';

it('masks a secret in every spelling in which it may be sent', () => {
  const secret = 'p/ss wörd?';
  const text = [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ].join(' and ');
  expect(maskSecrets(text, [secret])).toBe('*** and *** and *** and ***');
});

it('masks the longer of two secrets first, and leaves single letters alone', () => {
  expect(maskSecrets('token-long token', ['token', 'token-long', 'o'])).toBe('*** ***');
});

it('prints a URL without user, password and query', () => {
  expect(printableUrl('https://me:secret@api.example.org:8443/v1?token=abc#x')).toBe(
    'https://api.example.org:8443/v1',
  );
  expect(printableUrl('nonsense')).toBe('(not a URL)');
});
