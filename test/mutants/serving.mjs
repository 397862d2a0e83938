// holger serve: when it looks, what it says, and what ends it.

const agenda = 'src/app/serve/agenda.ts';
const loop = 'src/app/serve/schedule.ts';
const news = 'src/engine/news.ts';
const rounds = ['test/app/schedule.test.ts'];
const told = ['test/engine/news.test.ts'];

export const serving = [
  {
    rule: 'serve: a clock that is set back does not stop the rounds',
    naive: 'a time is a time',
    file: agenda,
    in: '#isSetBack',
    find: '    return this.#allAt > now + LOOK_AT_ALL;',
    put: '    return this.#allAt > now + LOOK_AT_ALL * 1e9;',
    tests: rounds,
  },
  {
    rule: 'serve: rounds have a pause between them',
    naive: 'what is due is done at once',
    file: agenda,
    in: 'note',
    find: '    this.#earliest = now + SHORTEST_PAUSE;',
    put: '    this.#earliest = now;',
    tests: rounds,
  },
  {
    rule: 'serve: in between, only what is due is looked at',
    naive: 'a round is a round',
    file: agenda,
    in: 'due',
    find: '.filter(([, at]) => at <= now)',
    put: '.filter(([, at]) => at <= Infinity)',
    tests: rounds,
  },
  {
    rule: 'serve: a failed round is followed by a pause',
    naive: 'it is tried again at its time',
    file: loop,
    in: 'schedule',
    find: 'FIRST_PAUSE * 2 ** failures',
    put: 'FIRST_PAUSE * 1 ** failures',
    tests: rounds,
  },
  {
    rule: 'serve: a signal during a round counts for the next one',
    naive: 'the round has seen everything',
    file: loop,
    in: 'ring',
    find: '    this.#rung = true;',
    put: '    this.#rung = this.#wake !== undefined;',
    tests: rounds,
  },
  {
    rule: 'serve: the same wait is said once',
    naive: 'each result is said',
    file: news,
    in: 'isNews',
    find: '    if (known.result === gist) return false;\n',
    put: '',
    tests: told,
  },
  {
    rule: 'serve: after something happened the same wait is said again',
    naive: 'it was said',
    file: news,
    in: 'isNews',
    find: '      delete known.result;\n',
    put: '',
    tests: told,
  },
  {
    rule: 'serve: another time is not news',
    naive: 'other words are other news',
    file: news,
    find: "  words.replace(/(\\d+[dhms] ?)+/g, '#').replace(/\\d+/g, '#');",
    put: '  words;',
    tests: told,
  },
  {
    rule: 'serve: a broken configuration changes nothing',
    naive: 'it was read',
    file: 'src/app/use-cases/serve.ts',
    in: 'readAgain',
    find: '      if (config.state.directory !== this.#directory) throw',
    put: '      if (config.state.directory === "") throw',
    tests: ['test/cli/serve.test.ts'],
  },
];
