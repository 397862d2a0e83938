import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/config/load.ts';

const BASE = `[provider.main]
type = "rfc2136"
server = "192.0.2.53"

[[certificate]]
name = "a"
domains = ["a.example.org"]
`;

function problems(deploy: string): readonly string[] {
  try {
    parseConfig(`${BASE}deploy = [${deploy}]\n`, 'config.toml');
    return [];
  } catch (error) {
    if (error instanceof AppError) return error.message.split('\n');
    throw error;
  }
}

describe('K3: a target that could leave a service with half a pair is refused', () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['certificate alone', 'certificate = "/c"', /without its key.*existing_key/],
    ['certificate and chain', 'certificate = "/c", chain = "/i"', /without its key/],
    ['key alone', 'key = "/k"', /without its certificate/],
    ['chain alone', 'chain = "/i"', /without certificate and key/],
    ['key and chain', 'key = "/k", chain = "/i"', /without its certificate/],
    [
      'a key of others beside our own',
      'certificate = "/c", key = "/k", existing_key = "/o"',
      /another program places the key, but key places one/,
    ],
    [
      'a key of others beside a folder',
      'directory = "/d", existing_key = "/o"',
      /another program places the key, but directory places one/,
    ],
    [
      'a key of others beside PKCS#12',
      'certificate = "/c", pkcs12 = "/p", pkcs12_password = { file = "/w" }, existing_key = "/o"',
      /another program places the key, but pkcs12 places one/,
    ],
    ['PKCS#12 without a password', 'pkcs12 = "/p"', /pkcs12: pkcs12 and pkcs12_password go/],
    [
      'a password without PKCS#12',
      'combined = "/b", pkcs12_password = { file = "/w" }',
      /pkcs12_password: pkcs12 and pkcs12_password go together/,
    ],
    ['a password in the configuration', 'pkcs12 = "/p", pkcs12_password = "x"', /never contains/],
    [
      'one PKCS#12 file of two targets',
      'pkcs12 = "/p", pkcs12_password = { file = "/w" } }, { type = "files", combined = "/p"',
      /\/p is already written by/,
    ],
    [
      'a key of others and no certificate',
      'chain = "/i", existing_key = "/o"',
      /no effect without certificate/,
    ],
    [
      'the half in another target',
      'certificate = "/c" }, { type = "files", key = "/k"',
      /without its/,
    ],
    [
      'one file of two targets',
      'directory = "/d" }, { type = "files", combined = "/d/fullchain.pem"',
      /already written by certificate\[0\]\.deploy\[0\]\.directory/,
    ],
    [
      'one file, written otherwise',
      'certificate = "/d//c", key = "/k" }, { type = "files", combined = "/d/./c"',
      /already written by /,
    ],
    [
      'one file, named from the folder of the configuration',
      `certificate = "tls/c", key = "/k" }, { type = "files", combined = "${process.cwd()}/x/../tls/c"`,
      /already written by /,
    ],
    [
      'one folder, named from there',
      `directory = "tls" }, { type = "files", directory = "${process.cwd()}/tls"`,
      /already written by /,
    ],
    ['one file as two', 'certificate = "/c", key = "/c"', /already written by /],
  ];
  it.each(refused)('%s', (_, options, expected) => {
    const found = problems(`{ type = "files", ${options} }`);
    expect(found.join('\n')).toMatch(expected);
  });

  it.each([
    'certificate = "/c", key = "/k"',
    'certificate = "/c", key = "/k", chain = "/i"',
    'combined = "/b"',
    'certificate = "/c", combined = "/b"',
    'directory = "/d"',
    'directory = "/d", certificate = "/c"',
    'pkcs12 = "/p", pkcs12_password = { file = "/w" }',
    'pkcs12 = "/p", pkcs12_password = { env = "W" }, certificate = "/c", chain = "/i"',
    'certificate = "/c", existing_key = "/k"',
    'certificate = "/c", existing_key = "/k" }, { type = "files", directory = "/d"',
    'combined = "/b" }, { type = "command", command = ["push"]',
  ])('but not %s', (options) => {
    expect(problems(`{ type = "files", ${options} }`)).toEqual([]);
  });
});
