// Certificates for other machines, in the configuration.
import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/app/known/tasks.ts';
import { AppError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/config/load.ts';

const SSH = 'type = "ssh"\nhost = "mx1.example.org"\n';
const BASE = `[provider.main]\ntype = "rfc2136"\nserver = "192.0.2.53"\n[target.mx1]\n${SSH}`;
const certificate = (more: string, name = 'mail'): string =>
  `[[certificate]]\nname = "${name}"\ndomains = ["mx1.example.org"]\n${more}\n`;
const parse = (text: string) => parseConfig(BASE + text, '/etc/holger/config.toml');

function problems(text: string): string {
  try {
    parse(text);
    return '';
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
}

describe('a certificate for another machine', () => {
  it.each(['"mx1"', '{ target = "mx1" }', '{ type = "target", target = "mx1", name = "mail" }'])(
    'names it as %s',
    (written) => {
      const { certificates } = parse(certificate(`deploy = [${written}]`));
      expect(certificates[0]?.deploy).toMatchObject([{ type: 'target', target: 'mx1' }]);
    },
  );

  it.each([
    ['"mx2"', /no \[target\.mx2\]; did you mean "mx1"\?|no \[target\.mx2\]/],
    [
      '"mx1", { target = "mx1" }',
      /certificate\[0\]\.deploy\[0\] is deployed there under the same name/,
    ],
    ['{ target = "mx1", name = "../x" }', /cannot name a section/],
    ['{ type = "ssh", target = "mx1" }', /expected type = "files" or "command", or target/],
  ])('not as %s', (written, message) => {
    expect(problems(certificate(`deploy = [${written}]`))).toMatch(message);
  });

  it('two certificates have two names there', () => {
    const two = (more: string): string =>
      problems(certificate('deploy = ["mx1"]', 'a') + certificate(`deploy = [${more}]`, 'b'));
    expect(two('"mx1"')).toBe('');
    expect(two('{ target = "mx1", name = "a" }')).toMatch(/certificate\[0\]\.deploy\[0\]/);
  });

  it('is not ordered with a request of the operator', () => {
    expect(problems(certificate('csr = "/a.csr"\ndeploy = ["mx1"]'))).toMatch(
      /cannot be used with csr/,
    );
  });

  it('waits for as many machines as there are, at most', () => {
    expect(problems(certificate('quorum = 1\ndeploy = ["mx1"]'))).toBe('');
    expect(problems(certificate('quorum = 2\ndeploy = ["mx1"]'))).toMatch(/more than it has/);
  });

  it('an argument of ssh is never taken for an option', () => {
    for (const line of ['host = "-oProxyCommand=x"', 'host = "a b"', 'user = "-x"', 'port = 0']) {
      const text = `[target.odd]\ntype = "ssh"\nhost = "h"\n${line}\n`.replace(
        line.startsWith('host') ? 'host = "h"\n' : '\n\n',
        line.startsWith('host') ? '' : '\n',
      );
      expect(problems(text), line).toMatch(/expected|is not between/);
    }
  });
});

describe('key = "target"', () => {
  const one = 'key = "target"\ndeploy = ["mx1"]\n';

  it('says so to the engine', () => {
    const config = parse(certificate(one));
    const [task] = tasksOf(config.certificates, config);
    expect(task?.intent).toMatchObject({ keyAtTarget: true, targets: [{ isElsewhere: true }] });
    expect(task?.targets[0]?.makeKey).toBeTypeOf('function');
  });

  it.each([
    ['no target', 'key = "target"', /exactly one target/],
    [
      'a target here',
      'key = "target"\ndeploy = [{ type = "command", command = ["/x"] }]',
      /exactly/,
    ],
    ['the same key again', `${one}strategy = "reuse-key"`, /each key is new/],
    [
      'no CA',
      `${one}issuer = "own"\n[issuer.own]\ntype = "self-signed"`,
      /not possible with issuer/,
    ],
  ])('is not possible with %s', (_, more, message) => {
    expect(problems(certificate(more))).toMatch(message);
  });
});
