// Many certificates at once: what one of them takes from the others, and what they share.

const tests = ['test/engine/side-by-side.test.ts', 'test/engine/turns.test.ts'];

export const sideBySide = [
  {
    rule: 'a free place for an order wakes one certificate',
    naive: 'all that wait for a place try to take it',
    file: 'src/engine/turns.ts',
    in: 'take',
    find: '    turn.begin?.();\n',
    put: '',
    tests,
  },
];
