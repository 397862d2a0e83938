// Completions of the shells, made of the definitions of the command line.
import { everyCommand } from './syntax.ts';
import type { CommandSyntax, Flag } from './syntax.ts';

const FILE_VALUES = new Set(['file', 'dir', 'folder', 'path']);
const HEADER = '# Made from the definitions of the command line.\n';

const place = ({ path }: CommandSyntax): string => path.join(' ');
const lastWord = ({ path }: CommandSyntax): string => path.at(-1) ?? '';
const isFile = ({ value }: Flag): boolean => value !== undefined && FILE_VALUES.has(value);

/** Patterns of a shell for `<place> <word>`, each of which leads one command deeper. */
const steps = (all: readonly CommandSyntax[]): string =>
  all
    .filter(({ path }) => path.length > 0)
    .map((one) => `"${place({ ...one, path: one.path.slice(0, -1) })}|${lastWord(one)}"`)
    .join(' | ');

/** The options of a command, those of `holger` itself among them: they may stand anywhere. */
function flagsAt(top: CommandSyntax, command: CommandSyntax): readonly Flag[] {
  const own = new Set(command.options.flatMap(({ names }) => names));
  const global = top.options.filter(({ names }) => !names.some((name) => own.has(name)));
  return command === top ? top.options : [...command.options, ...global];
}

const longest = ({ names }: Flag): string => names.at(-1) ?? '';

export function bashCompletion(top: CommandSyntax): string {
  const all = everyCommand(top);
  const values = all.flatMap((command) =>
    flagsAt(top, command).flatMap((flag) => {
      const at = flag.names.map((name) => `"${place(command)}|${name}"`).join(' | ');
      if (flag.choices.length > 0) {
        return [
          `    ${at}) COMPREPLY=($(compgen -W "${flag.choices.join(' ')}" -- "$cur")); return ;;`,
        ];
      }
      // Nothing to offer, or file names: what `-o default` does.
      return flag.value === undefined ? [] : [`    ${at}) return ;;`];
    }),
  );
  const words = all.map((command) => {
    const offered = [...command.commands.map(lastWord), ...flagsAt(top, command).map(longest)];
    return `    "${place(command)}") words="${offered.join(' ')}" ;;`;
  });
  return `${HEADER}_holger() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} place= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place|\${COMP_WORDS[i]}" in
    ${steps(all)}) place="\${place:+$place }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place|$prev" in
${values.join('\n')}
  esac
  case "$place" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _holger holger
`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function zshCompletion(top: CommandSyntax): string {
  const all = everyCommand(top);
  const described = (word: string, about: string): string =>
    quoted(`${word.replaceAll(':', '\\:')}:${about}`);
  const values = all.flatMap((command) =>
    flagsAt(top, command).flatMap((flag) => {
      if (flag.value === undefined) return [];
      const at = flag.names.map((name) => `"${place(command)}|${name}"`).join(' | ');
      if (flag.choices.length > 0)
        return [`  (${at}) compadd -- ${flag.choices.join(' ')}; return ;;`];
      return [`  (${at}) ${isFile(flag) ? '_files' : '_message value'}; return ;;`];
    }),
  );
  const words = all.map((command) => {
    const commands = command.commands.map((one) => described(lastWord(one), one.summary));
    const flags = flagsAt(top, command).map((flag) => described(longest(flag), flag.about));
    return `  ("${place(command)}") commands=(${commands.join(' ')}) flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef holger
${HEADER}local place= word i
local -a commands flags
for ((i = 2; i < CURRENT; i++)); do
  case "$place|$words[i]" in
  (${steps(all)}) place="\${place:+$place }$words[i]" ;;
  esac
done
case "$place|$words[CURRENT-1]" in
${values.join('\n')}
esac
case "$place" in
${words.join('\n')}
esac
if [[ "$PREFIX" == -* ]]; then
  _describe -o option flags
elif (( $#commands )); then
  _describe command commands
else
  _files
fi
`;
}

export function fishCompletion(top: CommandSyntax): string {
  const all = everyCommand(top);
  const lines = all.flatMap((command) => {
    const at = `complete -c holger -n ${quoted(`__holger_at ${quotedInside(place(command))}`)}`;
    return [
      ...command.commands.map((one) => `${at} -f -a ${lastWord(one)} -d ${quoted(one.summary)}`),
      ...flagsAt(top, command).map((flag) => {
        const names = flag.names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        );
        const choices = flag.choices.length > 0 ? ` -x -a ${quoted(flag.choices.join(' '))}` : '';
        const value = choices || (flag.value === undefined ? '' : isFile(flag) ? ' -r -F' : ' -x');
        return `${at} ${names.join(' ')}${value} -d ${quoted(flag.about)}`;
      }),
    ];
  });
  const known = all
    .slice(1)
    .map((one) => quoted(`${place({ ...one, path: one.path.slice(0, -1) })}|${lastWord(one)}`));
  return `${HEADER}function __holger_at
    set -l place ''
    for word in (commandline -opc)[2..-1]
        if contains -- "$place|$word" ${known.join(' ')}
            set place (string trim -- "$place $word")
        end
    end
    test "$place" = "$argv"
end
complete -c holger -f
${lines.join('\n')}
`;
}

const quotedInside = (text: string): string => (text === '' ? '""' : `"${text}"`);
