// holger.toml(5), made of the schema that reads the configuration, the example, and what each
// provider says of its options.
import { PROVIDERS } from '../providers/index.ts';
import { bold, heading, item, literal, page, paragraphs, subheading } from './roff.ts';
import type { JsonSchema } from './schema.ts';

/** Long lists of words are for the schema alone. */
const MOST_WORDS = 20;

function typeOf({
  title,
  enum: words,
  const: word,
  anyOf,
  oneOf,
  items,
  type,
}: JsonSchema): string {
  if (title !== undefined && (words?.length ?? 0) <= MOST_WORDS) return title;
  if (word !== undefined) return `"${word}"`;
  const either = anyOf ?? oneOf;
  if (either !== undefined) return [...new Set(either.map(typeOf))].join(' or ');
  if (type === 'array')
    return items?.title === undefined ? 'a list' : `a list, each ${items.title}`;
  return { string: 'a text', object: 'a table' }[type ?? ''] ?? (words ? 'a word' : 'a number');
}

function entry([key, option]: readonly [string, JsonSchema], required: boolean): string {
  const { description = '', default: standard, examples } = option;
  const isTold = standard !== undefined && !/^(\[\]|\{\})$/.test(JSON.stringify(standard));
  const facts = [
    required ? 'Required. ' : '',
    `Expects ${typeOf(option)}. `,
    isTold ? `Default: ${JSON.stringify(standard)}. ` : '',
    !isTold && typeof examples?.[0] === 'string' ? `Example: "${examples[0]}".` : '',
  ];
  return item(bold(key), `${description} ${facts.join('')}`);
}

function tableText(table: JsonSchema): string {
  return Object.entries(table.properties ?? {})
    .map((option) => entry(option, table.required?.includes(option[0]) ?? false))
    .join('');
}

/** The tables in a list of one option: `deploy`, `notify`. */
function inner(name: string, option: JsonSchema): string {
  return (option.items?.oneOf ?? [])
    .map(
      (one) =>
        subheading(`${name}, type = "${one.properties?.['type']?.const ?? ''}"`) + tableText(one),
    )
    .join('');
}

const providers = (): string =>
  PROVIDERS.map(
    ({ type, title, options, notes }) =>
      subheading(`type = "${type}": ${title}`) +
      Object.entries(options)
        .map(([key, { about, required, words }]) =>
          item(
            bold(key),
            `(${required ? 'required; ' : ''}${words?.join(', ') ?? ''}) ${about}`.replace(
              '() ',
              '',
            ),
          ),
        )
        .join('') +
      notes.map((note) => paragraphs(note)).join(''),
  ).join('');

export function configPage(schema: JsonSchema, example: string, version: string): string {
  const sections = Object.entries(schema.properties ?? {}).filter(([name]) => name !== 'provider');
  return (
    page('holger.toml', 5, version, 'configuration of holger') +
    heading('SYNOPSIS') +
    '.I /etc/holger/config.toml\n' +
    heading('DESCRIPTION') +
    paragraphs(
      'A TOML file. Durations are texts with units: "90s", "36h", "1d 12h". Paths are relative to the file. ' +
        'A secret is never written here: { file = "PATH" }, { credential = "NAME" } of systemd, ' +
        '{ env = "NAME" } or { command = ["PROGRAM"] } says where it is. ' +
        'holger config check names everything that is wrong, with its line.',
    ) +
    sections
      .map(([name, section]) => {
        const table = section.items ?? section;
        const label = section.type === 'array' ? `[[${name}]]` : `[${name}]`;
        return (
          heading(label) +
          paragraphs(section.description ?? '') +
          tableText(table) +
          Object.entries(table.properties ?? {})
            .map(([key, option]) => inner(key, option))
            .join('')
        );
      })
      .join('') +
    heading('[provider.NAME]') +
    providers() +
    heading('EXAMPLE') +
    literal(example) +
    heading('SEE ALSO') +
    '.BR holger (1)\n'
  );
}
