// TSIG keys as the tools of name servers print them: BIND 9.18, Knot 3.2.
import { describe, expect, it } from 'vitest';
import { readKeyFile, tsigKey } from '../../providers/rfc2136/key-file.ts';

const SHA512 =
  'FnIFyX/hy0px3iD2Hue4h2pWB5fP7esm5wgFemPZNpEjw2rE2WJM/R5vHrhBnUOMqFDjoWY1WB8iA4Xk06VlZA==';
const SHA384 = 'igfxj1rZ5ueolu2MTumZ4vKK01xH41LZ57NcRmWM34gECPJS7Y0mxUMbs1NVfwLr';
const SHA256 = '2WSr16tyo3UKRmInUkAS7Avg1/+pJOYpb5LFCbYUYv0=';
/** What begins a comment in other formats. */
const SLASHES = '2WSr16tyo3UKRmIn//UkAS7Avg1/+pJOYpb5LFCbYUY=';

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

const bind = (name: string, algorithm: string, secret: string): string =>
  `key "${name}" {\n\talgorithm ${algorithm};\n\tsecret "${secret}";\n};\n`;

const DDNS_CONFGEN = `# To activate this key, place the following in named.conf, and
# in a separate keyfile on the system or systems from which nsupdate
# will be run:
${bind('ddns.example.org', 'hmac-sha256', SHA256)}
# Then, in the "zone" statement for each zone you wish to dynamically
# update, place an "update-policy" statement granting update permission
# to this key.
update-policy {
	grant ddns.example.org zonesub ANY;
};

# After the keyfile has been placed, the following command will
# execute nsupdate using this key:
nsupdate -k <keyfile>
`;

const knot = (id: string, algorithm: string, secret: string): string =>
  `# ${algorithm}:${id}:${secret}\nkey:\n  - id: ${id}\n    algorithm: ${algorithm}\n    secret: ${secret}\n`;

describe('readKeyFile', () => {
  it.each([
    ['tsig-keygen -a hmac-sha512', bind('a.example.org', 'hmac-sha512', SHA512), SHA512],
    ['tsig-keygen', bind('tsig-key', 'hmac-sha256', SHA256), SHA256],
    ['ddns-confgen', DDNS_CONFGEN, SHA256],
    ['keymgr -t', knot('holger.example.org', 'hmac-sha384', SHA384), SHA384],
    [
      'keymgr -t, in a file with Windows line ends',
      knot('a', 'hmac-sha256', SHA256).replaceAll('\n', '\r\n'),
      SHA256,
    ],
    ['a secret with // in it', bind('a', 'hmac-sha256', SLASHES), SLASHES],
    [
      'a secret with // in it, not quoted',
      `key a { algorithm hmac-sha256; secret ${SLASHES}; };`,
      SLASHES,
    ],
    [
      'one line, with comments',
      `/* key "b" {}; */ key "a" { algorithm hmac-sha256; secret "${SHA256}"; }; // key "c" {};`,
      SHA256,
    ],
    [
      'quoted YAML',
      `key:\n  - id: "a."\n    algorithm: "hmac-sha256"\n    secret: "${SHA256}"\nzone:\n  - domain: b\n`,
      SHA256,
    ],
  ])('reads what %s prints', (_, text, secret) => {
    expect(readKeyFile(text).secret).toEqual(bytes(secret));
  });

  it('has name and algorithm in one form', () => {
    const key = { name: 'holger.example.org.', algorithm: 'hmac-sha384', secret: bytes(SHA384) };
    expect(readKeyFile(knot('Holger.example.org', 'HMAC-SHA384', SHA384))).toEqual(key);
    expect(readKeyFile(bind('holger.example.org.', 'hmac-sha384', SHA384))).toEqual(key);
  });

  it.each([
    ['nothing', '', 'no key'],
    ['the secret alone', SHA256, 'no key'],
    ['two keys', bind('a', 'hmac-sha256', SHA256) + knot('b', 'hmac-sha256', SHA256), '2 keys'],
    ['a weak algorithm', bind('a', 'hmac-md5', SHA256), 'hmac-md5'],
    ['no algorithm', `key "a" { secret "${SHA256}"; };`, 'algorithm'],
    ['no secret', 'key "a" { algorithm hmac-sha256; };', 'secret'],
    ['a secret that is not base64', bind('a', 'hmac-sha256', 'not base64!'), 'base64'],
  ])('refuses %s, and does not repeat a secret', (_, text, word) => {
    const attempt = (): unknown => readKeyFile(text);
    expect(attempt).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }) as Error);
    expect(attempt).toThrow(word);
    expect(attempt).not.toThrow(SHA256);
  });
});

describe('K37: a key is read in every form in which servers and tools keep it', () => {
  const key = { name: 'acme.', algorithm: 'hmac-sha512', secret: bytes(SHA512) };
  const halves = `${SHA512.slice(0, 56)} ${SHA512.slice(56)}`;

  it.each([
    ['an algorithm with a dot', `key "acme" { algorithm hmac-sha512.; secret "${SHA512}"; };`],
    ['nsd.conf', `key:\n\tname: "acme"\n\talgorithm: hmac-sha512\n\tsecret: "${SHA512}"\n`],
    ['nsupdate -y', `hmac-sha512:acme:${SHA512}\n`],
    ['nsupdate -y, in capitals', `HMAC-SHA512:acme.:${SHA512}`],
    ['the .key file of dnssec-keygen', `acme. IN KEY 512 3 165 ${halves}\n`],
    ['the same with a TTL', `; a comment\nacme. 3600 IN KEY 0 3 165 ${halves}\n`],
    ['pdnsutil list-tsig-keys', `acme. hmac-sha512. ${SHA512}\n`],
    ['pdnsutil generate-tsig-key', `Create new TSIG key acme hmac-sha512 ${SHA512}\n`],
    ['a secret without padding', `hmac-sha512:acme:${SHA512.replace(/=+$/, '')}`],
  ])('%s', (_, text) => {
    expect(readKeyFile(text)).toEqual(key);
  });

  it('nsupdate -y without an algorithm means what nsupdate means', () => {
    expect(readKeyFile(`acme:${SHA256}`)).toMatchObject({ algorithm: 'hmac-sha256' });
  });

  it.each(['hmac-sha512.', 'HMAC_SHA512', 'sha512', 'hmac-sha-512', 'HmacSHA512'])(
    'the algorithm may be written %s',
    (written) => {
      expect(tsigKey('a', written, SHA512).algorithm).toBe('hmac-sha512');
    },
  );

  it('two keys of nsd.conf are an error', () => {
    const block = (name: string): string =>
      `key:\n  name: ${name}\n  algorithm: hmac-sha256\n  secret: ${SHA256}\n`;
    expect(() => readKeyFile(`${block('a')}\n${block('b')}`)).toThrow('2 keys');
  });

  it('the .private file of dnssec-keygen gets a hint which file to name', () => {
    const text = `Private-key-format: v1.3\nAlgorithm: 165 (HMAC_SHA512)\nKey: ${SHA512}\n`;
    expect(() => readKeyFile(text)).toThrow(
      expect.objectContaining({ hint: 'name the .key file beside it' }) as Error,
    );
  });
});

it('takes a key from its parts', () => {
  expect(tsigKey('a', 'hmac-sha1', SHA256)).toEqual({
    ...{ name: 'a.', algorithm: 'hmac-sha1', secret: bytes(SHA256) },
  });
});
