import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { configurationOptions } from '../../src/config/options/list.ts';
import { policyLayer, policyOf } from '../../src/config/options/policy.ts';
import { camel } from '../../src/config/settled.ts';
import { withEveryOption } from '../support/every-option.ts';

const text = readFileSync(new URL('../../config.example.toml', import.meta.url), 'utf8');
const uncommented = withEveryOption(text);

it('is valid as it is, without a warning', () => {
  const config = parseConfig(text, '/etc/holger/config.toml');
  expect(config.certificates.map((certificate) => certificate.name)).toEqual(['mx1']);
  expect(config.warnings).toEqual([]);
});

it('is valid with every option uncommented', () => {
  expect(uncommented).not.toBe(text);
  const { providers, monitor } = parseConfig(uncommented, '/etc/holger/config.toml');
  expect(providers.map(({ type }) => type)).toEqual(['rfc2136', 'exec', 'webhook', 'manual']);
  expect(monitor.notify.map(({ type }) => type)).toEqual(['email', 'webhook', 'command']);
});

it('names every option of the table, those of tables in options too', () => {
  const missing = configurationOptions()
    .filter(({ name }) => !name.startsWith('[provider.NAME]'))
    .flatMap(({ name, within, options }) =>
      options
        .filter(({ key }) => key !== 'type')
        .filter(({ key }) => !text.includes(within ? `\n#   ${key}: ` : `${key} = `))
        .map(({ key }) => `${name} ${key}`),
    );
  expect(missing).toEqual([]);
});

it('shows the true default of every policy option that has one, and omits no option', () => {
  const shown = parseConfig(uncommented, '/etc/holger/config.toml').defaults;
  const built = policyOf();
  expect(Object.keys(shown).sort()).toEqual(Object.keys(policyLayer).map(camel).sort());
  expect(shown).toMatchObject(built);
});

it('gives a certificate the defaults when it sets nothing itself', () => {
  const [mx1] = parseConfig(text, '/etc/holger/config.toml').certificates;
  expect(mx1).toMatchObject({ ...policyOf() });
});

it('shows the state directory that is the default', () => {
  const paths = [text, uncommented].map((it) => parseConfig(it, '/x.toml').state.directory);
  expect(paths).toEqual(['/var/lib/holger', '/var/lib/holger']);
});
