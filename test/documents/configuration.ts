// docs/configuration.md and docs/holger.schema.json, made from the table of options.
import { configurationSchema } from '../../src/config/options/json-schema.ts';
import { configurationOptions } from '../../src/config/options/list.ts';
import type { ListedOption, ListedSection } from '../../src/config/options/list.ts';

const INTRODUCTION = `# Configuration

holger reads \`/etc/holger/config.toml\`, or the file that \`--config\` names. It is TOML. [config.example.toml](../config.example.toml) shows every
option, and [holger.schema.json](holger.schema.json) is its JSON Schema, for editors. \`holger config check\` reports every problem with line, key
and suggestion.

- An unknown key, a wrong type or an unknown reference is an error.
- Durations carry units: \`"90s"\`, \`"36h"\`, \`"1d 12h"\`.
- Paths are relative to the configuration file.
- Secrets are references: \`{ file = "…" }\` (mode 0640 or less), \`{ env = "…" }\`, \`{ credential = "…" }\` (systemd) or \`{ command = ["…"] }\`.
- A command is a list of its program and its arguments; no shell reads it.
`;

const code = (text: string): string => `\`${text}\``;
/** "<state>" is not a tag. */
const prose = (text: string): string => text.replaceAll('<', '\\<');

function option({ key, type, isRequired, default: value, reason, example }: ListedOption): string {
  const fallback = value === undefined ? 'none' : code(value);
  const lines = [
    `- Type: ${type.startsWith('"') ? code(type) : type}`,
    isRequired ? '- Required' : `- Default: ${fallback}`,
    ...(example === undefined ? [] : [`- Example: ${code(`${key} = ${example}`)}`]),
  ];
  return `### ${key}\n\n${prose(reason)}\n\n${lines.join('\n')}\n`;
}

function section({ name, reason, options }: ListedSection): string {
  return [`## ${name}\n\n${prose(reason)}\n`, ...options.map(option)].join('\n');
}

const isProvider = ({ name }: ListedSection): boolean => name.startsWith('[provider.NAME]');

/** The options of each provider are on a page of its own. */
export function reference(): string {
  const all = configurationOptions();
  const { reason = '' } = all.find(isProvider) ?? {};
  const providers = `## [provider.NAME]\n\n${reason} The options of each type: [DNS providers](providers.md).\n`;
  const first = all.findIndex(isProvider);
  const parts = all.flatMap((it, index) => {
    if (isProvider(it)) return index === first ? [providers] : [];
    return [section(it)];
  });
  return [INTRODUCTION, ...parts].join('\n');
}

export function schemaFile(): string {
  return JSON.stringify({ title: 'The configuration of holger', ...configurationSchema() });
}
