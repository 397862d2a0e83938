// Options that only some providers have.
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { AppError } from '../../src/base/errors.ts';

const config = (options: string): string => `[acme]
directory = "https://ca.example/directory"
email = "hostmaster@example.org"
[dns]
resolver = ["127.0.0.1"]
[provider.own]
type = "exec"
command = ["/bin/true"]
${options}`;

it('reads a duration as seconds', () => {
  const [own] = parseConfig(config('timeout = "2m"'), '/etc/holger/config.toml').providers;
  expect(own?.options).toEqual({ command: ['/bin/true'], timeout: 120 });
});

it.each(['timeout = 90', 'compatible = "certbot"'])('refuses %s', (line) => {
  expect(() => parseConfig(config(line), '/etc/holger/config.toml')).toThrow(AppError);
});
