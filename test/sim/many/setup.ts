// What a history of several certificates is made of. Simplest first: shrinking a failure switches
// off whatever it does not need.
import fc from 'fast-check';

/**
 * What certificates share. `pair`: RSA beside ECDSA at one service; `overlap`: ECDSA for two
 * services, RSA for each of them; `ports`: two services of one host; `alias`: the owners of two
 * hosts are CNAMEs to one; `challenge`: a name and the wildcard below it.
 */
export const GROUPS = ['alone', 'pair', 'ports', 'challenge', 'overlap', 'alias'] as const;
export type Group = (typeof GROUPS)[number];

export const setups = fc.record({
  seed: fc.nat(),
  groups: fc.array(fc.constantFrom(...GROUPS), { minLength: 1, maxLength: 3 }),
  parallel: fc.constantFrom(1, 2, 3, 16),
  orders: fc.constantFrom(1, 2, 4),
  /** How long a call of a port takes, in seconds. */
  slow: fc.constantFrom(0.01, 0.1, 1),
  runs: fc.constantFrom(0, 2, 5, 10),
  /** How often the operator runs one certificate while a timer runs all. */
  beside: fc.constantFrom(0, 0.4),
  /** How often one certificate, or all, are renewed by --force. */
  forced: fc.constantFrom(0, 0.2),
  addresses: fc.constantFrom(1, 2, 3),
  signers: fc.constantFrom(1, 1, 2),
  hidden: fc.boolean(),
  lag: fc.constantFrom(0, 5, 60, 900),
  loss: fc.constantFrom(0, 0.05, 0.3),
  lostAnswers: fc.constantFrom(0, 0.3),
  negativeTtl: fc.constantFrom(30, 300, 900),
  endpoints: fc.constantFrom(1, 2),
  workers: fc.constantFrom(1, 2),
  stuck: fc.constantFrom(0, 0.3),
  reloadTakes: fc.constantFrom(0, 5, 120),
  restarts: fc.boolean(),
  start: fc.constantFrom('absent', 'matching', 'both', 'authority'),
  /** An RSA certificate is new at a service that has an ECDSA certificate. */
  newKind: fc.boolean(),
  startTtl: fc.constantFrom(30, 300, 3600),
  losses: fc.constantFrom(0, 0, 0.1),
  clockSteps: fc.constantFrom(0, 0, 0.2),
  /** Per instant, and per second. */
  crash: fc.constantFrom(0, 0.005, 0.03),
  kills: fc.constantFrom(0, 0.3),
  /** How often a run is asked to stop (SIGTERM). */
  stops: fc.constantFrom(0, 0.2),
  caFaults: fc.constantFrom(0, 0.2),
  /** New orders that an account may place in an hour; 0: any number. */
  limit: fc.constantFrom(0, 0, 1, 3),
  withRoot: fc.boolean(),
  /** One strategy and one set of records for all certificates, or one for each. */
  mixed: fc.boolean(),
  ttlFactor: fc.constantFrom(1, 2),
  cacheFloor: fc.constantFrom(0, 3600),
  assumedTtl: fc.constantFrom(0, 3600),
  margin: fc.constantFrom(0, 10),
  settle: fc.constantFrom(1, 60),
  /** The last renewal comes when it is due, and not by --force. */
  inTime: fc.boolean(),
  /** How often a run stays until all are idle (--wait). */
  waits: fc.constantFrom(0, 0, 0.3),
  /** How often the operator requests an operation: rollback, emergency, off, on. */
  operations: fc.constantFrom(0, 0, 0.3),
});

type Whole = typeof setups extends fc.Arbitrary<infer T> ? T : never;
/** Older histories lack what was added later. */
type Later = 'waits' | 'operations';

export type ManySetup = Omit<Whole, Later> & Partial<Pick<Whole, Later>>;
