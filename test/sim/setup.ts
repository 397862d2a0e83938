// What a history is made of. Simplest first: shrinking a failure switches off whatever it does not
// need.
import fc from 'fast-check';

export const setups = fc.record({
  seed: fc.nat(),
  runs: fc.constantFrom(0, 3, 8, 16, 30),
  addresses: fc.constantFrom(1, 2, 3),
  /**
   * Providers that serve the zone, each of which is written; at most as many as there are
   * addresses.
   */
  signers: fc.constantFrom(1, 1, 2),
  hidden: fc.boolean(),
  lag: fc.constantFrom(0, 5, 60, 900),
  loss: fc.constantFrom(0, 0.05, 0.3),
  lostAnswers: fc.constantFrom(0, 0.3),
  negativeTtl: fc.constantFrom(30, 300, 900),
  services: fc.constantFrom(1, 2),
  endpoints: fc.constantFrom(1, 2),
  workers: fc.constantFrom(1, 2),
  leafOnly: fc.constantFrom(0, 0, 0.5),
  withoutTls: fc.constantFrom(0, 0, 0.5),
  unreadable: fc.constantFrom(0, 0.5),
  stuck: fc.constantFrom(0, 0.3),
  reloadTakes: fc.constantFrom(0, 5, 120),
  restarts: fc.boolean(),
  start: fc.constantFrom('absent', 'matching', 'both', 'authority', 'broken'),
  startTtl: fc.constantFrom(30, 300, 3600),
  before: fc.boolean(),
  /** How often all documents are lost or damaged, where an unknown past is assumed to be cached. */
  losses: fc.constantFrom(0, 0, 0.1),
  people: fc.constantFrom(0, 0.3),
  /**
   * How often the operator requests an operation: rollback, emergency, off, on, forget; and whether
   * adopt is the first one.
   */
  orders: fc.constantFrom(0, 0, 0.3),
  adopts: fc.boolean(),
  /** How often the clock of holger's machine is set, by up to a day. */
  clockSteps: fc.constantFrom(0, 0, 0.2),
  crash: fc.constantFrom(0, 0.02, 0.1),
  caFaults: fc.constantFrom(0, 0.2),
  withRoot: fc.boolean(),
  strategy: fc.constantFrom('staged', 'prepublished', 'reuse-key'),
  rotate: fc.boolean(),
  /**
   * Hosts accept no files for a while, and all are rolled back after so many seconds; negative:
   * neither.
   */
  rollbackAfter: fc.constantFrom(-1, 0, 900),
  records: fc.constantFrom(['3 1 1'], ['3 1 1', '2 1 1'], ['2 1 1'], ['3 0 1'], ['3 1 2', '3 1 1']),
  trustAnchors: fc.constantFrom('chain', 'issuer', 'top'),
  ttl: fc.constantFrom(30, 60, 300),
  ttlLater: fc.constantFrom(60, 300, 30),
  ttlFactor: fc.constantFrom(1, 2),
  cacheFloor: fc.constantFrom(0, 3600),
  assumedTtl: fc.constantFrom(0, 3600),
  margin: fc.constantFrom(0, 10),
  settle: fc.constantFrom(1, 60),
  /** The owners of all hosts are CNAMEs to one, where only these services have records. */
  alias: fc.constantFrom(false, false, true),
  /**
   * Hosts and services that exist only through a wildcard until they get records of their own;
   * `beside`: a wildcard that no write of holger can disable for a client.
   */
  wildcard: fc.constantFrom('none', 'none', 'beside', 'hosts', 'services'),
  /**
   * While there are faults a timer starts holger: an idle certificate is not observed each time,
   * nor the CA asked before its time.
   */
  timer: fc.boolean(),
  /**
   * How often a target is spoiled: wrong in the configuration, emptied, overwritten, gone; people
   * repair it as often.
   */
  targets: fc.constantFrom(0, 0, 0.3),
  /** How often a certificate is revoked, by the operator or by the CA itself. */
  revokes: fc.constantFrom(0, 0, 0.2),
  /** Renewal information: none, the usual one, or of a CA whose answers change. */
  ari: fc.constantFrom('none', 'usual', 'wild'),
  /** The last renewal comes when it is due, and not by --force. */
  inTime: fc.boolean(),
  /**
   * CA certificates that are known before they sign; `changing`: other ones, none, or a file that
   * cannot be read, from run to run.
   */
  anchors: fc.constantFrom('none', 'none', 'known', 'changing'),
  /** Targets are on other machines, which get a generation before they load it. */
  elsewhere: fc.constantFrom(false, false, true),
});

type Whole = typeof setups extends fc.Arbitrary<infer T> ? T : never;
/** Older histories lack what was added later. */
type Later =
  | 'alias'
  | 'wildcard'
  | 'timer'
  | 'targets'
  | 'revokes'
  | 'ari'
  | 'inTime'
  | 'anchors'
  | 'elsewhere';

export type Setup = Omit<Whole, Later> & Partial<Pick<Whole, Later>>;
