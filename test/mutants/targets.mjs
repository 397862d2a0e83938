// Targets on other machines and in other programs: what is there is asked for, and nothing of
// others is overwritten.

const haproxyTests = { tests: ['test/deploy/haproxy.test.ts'], file: 'src/deploy/haproxy.ts' };
const nameTests = { tests: ['test/config/targets.test.ts'] };

export const targets = [
  {
    rule: 'haproxy: what another program put into the transaction is not committed',
    naive: 'what was sent is in it',
    ...{ ...haproxyTests, in: '#begin' },
    find: 'if (open?.fingerprint !== fingerprintOf(what)) throw busy();',
    put: 'if (open === null) throw busy();',
  },
  {
    rule: 'haproxy: the transaction of another certificate is not touched',
    naive: 'there is one for each certificate',
    ...{ ...haproxyTests, in: '#endOwn' },
    find: '    if (open !== this.#name) throw busy();\n',
    put: '',
  },
  {
    rule: 'haproxy: a transaction that a stopped run has left is ended',
    naive: 'a run ends what it began',
    ...{ ...haproxyTests, in: '#endOwn' },
    find: '    if (open !== this.#name) throw busy();\n    await this.#abort();',
    put: '    throw busy();',
  },
  {
    rule: 'haproxy: a refused commit ends the transaction',
    naive: 'HAProxy ends it',
    ...{ ...haproxyTests, in: 'exchange' },
    find: '      await this.#abort().catch(() => undefined);\n',
    put: '',
  },
  {
    rule: 'haproxy: a commit without effect is not a deployment',
    naive: 'Success! is evidence',
    ...{ ...haproxyTests, in: 'exchange' },
    find: 'if ((await this.loaded())?.fingerprint === fingerprintOf(what)) return;',
    put: 'if ((await this.loaded()) !== null) return;',
  },
  {
    rule: 'haproxy: staging changes nothing',
    naive: 'set changes nothing',
    ...{ ...haproxyTests, in: 'trial' },
    find: '    await this.#abort();\n',
    put: '',
  },
  {
    rule: 'haproxy: certificates take turns',
    naive: 'each has a transaction of its own',
    ...{ ...haproxyTests, in: 'createHaproxyTarget' },
    find: 'turns(host, work)',
    put: 'turns(name, work)',
  },
  {
    rule: 'haproxy: another chain is a difference',
    naive: 'the certificate decides',
    ...{ ...haproxyTests, in: 'differencesIn' },
    find: 'follow === 0 || there.chain === follow',
    put: 'follow >= 0 || there.chain === follow',
  },
  {
    rule: 'a target that does not answer is not a difference',
    naive: 'what cannot be read is lacking',
    ...{ ...haproxyTests, file: 'src/deploy/remote-target.ts', in: 'remoteTarget' },
    find: 'if (error instanceof AppError) return undefined;',
    put: 'if (error instanceof AppError) return [error.message];',
  },
  {
    rule: 'after a change the target is asked anew',
    naive: 'the last answer counts for its moment',
    ...{ ...haproxyTests, file: 'src/deploy/remote-target.ts', in: 'remoteTarget' },
    find: '      recent.forget();\n',
    put: '',
  },
  {
    rule: 'haproxy: a private key is not sent unencrypted to another machine',
    naive: 'the network is trusted',
    ...{ ...nameTests, file: 'src/config/options/other-targets.ts', in: 'socketFrom' },
    find: 'if (field.isLoopback(found.host)) return found;',
    put: "if (found.host !== '') return found;",
  },
  {
    rule: 'haproxy: a name is one word of a command',
    naive: 'it is the path of a file',
    ...{ ...nameTests, file: 'src/config/target-rules.ts', in: 'nameFault' },
    find: "if (typeof name !== 'string' || rule.pattern.test(name)) return undefined;",
    put: "if (typeof name !== 'string' || rule.pattern.test(name) || type === 'haproxy')\n      return undefined;",
  },
  {
    rule: 'haproxy: a file that no target writes is a warning',
    naive: 'HAProxy keeps what it has',
    ...{ ...nameTests, file: 'src/config/restart-warnings.ts', in: 'isWritten' },
    find: 'path === name || ',
    put: "name !== '' || ",
  },
];
