// docs/providers.md: what `holger providers` prints, as a page.
import { it } from 'vitest';
import { PROVIDERS } from '../../providers/index.ts';
import type { Option, ProviderKind } from '../../providers/_kit/kind.ts';
import { formatDuration } from '../../src/base/duration.ts';
import { expectCurrent, table } from './page.ts';

const INTRODUCTION = `# DNS providers

holger changes a zone through a provider: TXT records for the challenges of DNS-01, and TLSA records. The page is made of what
\`holger providers\` prints; \`holger providers test NAME\` tries the credentials of \`[provider.NAME]\`. What was read to write each provider, and what has
not been seen at the live service: [providers/README.md](../providers/README.md). If your provider is not here: [your own](providers/own.md).

What the traits mean:

- **records**: the types that it can write. If TLSA is missing, another provider has to write it (\`acme_provider\` for TXT alone), or a CNAME leads to a
  zone that can.
- **signs zones**: whether the provider signs with DNSSEC. "You do" means that the zone comes signed from your own server.
- **least TTL**: a shorter \`ttl\` is raised to it.
- **one change**: whether a record set is replaced whole, or record by record. New records always come first.
- **conditional**: whether the server itself refuses a change when the record set is not the one that was judged.
- **reports completion**: whether its answer says that every name server has the change. holger asks the name servers in any case.

`;

const SIGNS: Readonly<Record<ProviderKind['traits']['signs'], string>> = {
  always: 'always',
  'on-request': 'on request',
  never: 'never',
  other: 'you do',
};

const yes = (value: boolean): string => (value ? 'yes' : 'no');

function leastTtl({ ttl }: ProviderKind['traits']): string {
  if (ttl.zone) return 'that of the zone';
  return ttl.least === 0 ? 'any' : formatDuration(ttl.least);
}

function options(all: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(all).map(([name, { type, required, about, words }]) => [
    `\`${name}\``,
    type,
    yes(required),
    `${about}${words === undefined ? '' : ` (${words.join(', ')})`}`,
  ]);
  return rows.length === 0
    ? 'It has no options.\n'
    : table(['option', 'type', 'required', 'meaning'], rows);
}

function section({ type, title, site, traits, options: all, notes }: ProviderKind): string {
  const facts = [
    `${site.startsWith('http') ? `<${site}>` : site}`,
    `records: ${traits.types.join(', ')}`,
    `signs zones: ${SIGNS[traits.signs]}`,
    `least TTL: ${leastTtl(traits)}`,
    `one change: ${traits.edits === 'rrset' ? 'all records at once' : 'record by record'}`,
    `conditional: ${yes(traits.conditional)}`,
    `reports completion: ${yes(traits.tellsApplied)}`,
    ...(traits.limits === undefined ? [] : [`limits: ${traits.limits}`]),
  ];
  const lines = [...facts, ...notes].map((fact) => `- ${fact.replaceAll('*', '\\*')}`);
  return `## ${type}: ${title}\n\n${lines.join('\n')}\n\n${options(all)}`;
}

it('docs/providers.md equals what the providers declare', async () => {
  const rows = PROVIDERS.map(({ type, title, traits }) => [
    `\`${type}\``,
    title,
    ['TXT', 'TLSA'].filter((one) => traits.types.some((it) => it === one)).join(', '),
    SIGNS[traits.signs],
  ]);
  const overview = table(['type', 'provider', 'records', 'signs zones'], rows);
  await expectCurrent(
    'providers.md',
    [INTRODUCTION + overview, ...PROVIDERS.map(section)].join('\n'),
  );
});
