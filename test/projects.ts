// Which test file belongs to which project of vitest: `real` needs the lab's servers and runs
// inside a namespace (test/start.mjs); `slow` is what is named here; `unit` is all the rest, so
// that a file that is named nowhere is run. `unit` and `slow` run anywhere. `long` is like `real`.
const REAL = 'test/real/**/*.test.ts';
/** They take many minutes: `npm test -- --long` runs these alone. */
const LONG = ['test/real/many-certificates.test.ts', 'test/real/other-clients.test.ts'];

/** Each takes some seconds, or (probe/resources) replaces a module of Node. */
const SLOW = [
  'test/app/rename.test.ts',
  'test/cli/bundle.test.ts',
  'test/cli/package.test.ts',
  'test/cli/run-commands.test.ts',
  'test/cli/serve.test.ts',
  'test/conformance/conformance.test.ts',
  'test/deploy/other-client.test.ts',
  'test/deploy/pkcs12.test.ts',
  'test/deploy/ssh.test.ts',
  'test/deploy/strangers.test.ts',
  'test/dns/denial-logic.test.ts',
  'test/dns/denial.test.ts',
  'test/dns/dnssec-hostile.test.ts',
  'test/dns/dnssec-vectors.test.ts',
  'test/fuzz/dialogues.test.ts',
  'test/fuzz/messages.test.ts',
  'test/packaging/single-file.test.ts',
  'test/probe/hostile.test.ts',
  'test/probe/resources.test.ts',
  'test/probe/steps.test.ts',
  'test/receive/faults.test.ts',
  'test/receive/operations.test.ts',
  'test/receive/stolen-key.test.ts',
  'test/resolver/edns.test.ts',
  'test/sim/laws.test.ts',
  'test/sim/many/many.test.ts',
  'test/store/keyv-store.test.ts',
  'test/store/lease.test.ts',
  'test/store/power-loss.test.ts',
  'test/stories/days.test.ts',
  'test/stories/revoked.test.ts',
  'test/stories/stories.test.ts',
  'test/x509/pkcs12-java.test.ts',
  'test/x509/pkcs12.test.ts',
];

interface Files {
  readonly include: string[];
  readonly exclude: string[];
}

export const PROJECTS: Readonly<Record<'unit' | 'slow' | 'real' | 'long', Files>> = {
  unit: { include: ['test/**/*.test.ts'], exclude: [REAL, ...SLOW] },
  slow: { include: SLOW, exclude: [] },
  real: { include: [REAL], exclude: LONG },
  long: { include: LONG, exclude: [] },
};
