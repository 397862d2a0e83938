// Everything in the packages that is made of the definitions: name and text of each file.
import { bashCompletion, fishCompletion, zshCompletion } from './completions.ts';
import { commandPage } from './man-command.ts';
import { configPage } from './man-config.ts';
import { receivePage } from './man-receive.ts';
import { configSchema } from './schema.ts';
import { commandSyntax } from './syntax.ts';

export function documents(
  version: string,
  example: string,
  receive: string,
): Readonly<Record<string, string>> {
  const syntax = commandSyntax();
  const schema = configSchema();
  return {
    'holger.1': commandPage(syntax, version),
    'holger.toml.5': configPage(schema, example, version),
    'holger-receive.8': receivePage(version, receive),
    'completions/holger.bash': bashCompletion(syntax),
    'completions/_holger': zshCompletion(syntax),
    'completions/holger.fish': fishCompletion(syntax),
    'holger.schema.json': `${JSON.stringify(schema, null, 2)}\n`,
  };
}
