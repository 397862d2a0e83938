// How public CAs behave, and the tests of how holger deals with it. Sources: RFC 8555, RFC 9773,
// letsencrypt.org/docs/rate-limits, /docs/integration-guide, /docs/profiles and /docs/certificates,
// and issues of other clients (lego 2474 and 2789, win-acme 2791, Posh-ACME 560, boulder 3335).

export interface Behaviour {
  readonly what: string;
  /** File, and titles in it. */
  readonly tests: Readonly<Record<string, readonly string[]>>;
}

const HERE = 'test/acme/behaviours';

export const BEHAVIOURS: readonly Behaviour[] = [
  {
    what: 'accounts are limited for each address: one account for the whole host',
    tests: {
      'test/acme/account.test.ts': [
        'is registered once, by any number of orders at the same time',
        'K41: is searched for before it is made, also where the CA requires an external account',
      ],
    },
  },
  {
    what: '300 new orders of an account in 3 hours',
    tests: {
      [`${HERE}/limits.test.ts`]: [
        'refuses the order 301 of an account in three hours, which concerns all its certificates',
      ],
      'test/engine/order-pauses.test.ts': [
        'K11: is received once, and respected for every certificate of that CA',
      ],
    },
  },
  {
    what: '50 new certificates of a registered domain in 7 days, renewals not counted',
    tests: {
      [`${HERE}/limits.test.ts`]: [
        'refuses the certificate 51 of a registered domain, but not its renewals',
      ],
      'test/acme/limits.test.ts': ['K11: applies to the names: %s'],
    },
  },
  {
    what: '5 certificates for exactly the same names in 7 days',
    tests: {
      [`${HERE}/limits.test.ts`]: [
        'refuses the sixth certificate for the same names in a week, until a time: with Retry-After %s',
      ],
    },
  },
  {
    what: '5 failed validations of a name in an hour: everything is checked here before the CA is',
    tests: {
      'test/engine/challenge-answers.test.ts': [
        'comes at once when there was none, and then after pauses that grow',
      ],
      'test/engine/preflight.test.ts': [
        'is checked for each name once, and the order continues when it is good',
      ],
    },
  },
  {
    what: 'a name that fails for months is paused until a person opens a URL',
    tests: {
      [`${HERE}/limits.test.ts`]: [
        'that pauses a name shows the URL that ends the pause; other names are ordered',
      ],
      'test/acme/limits.test.ts': [
        'K11: is a pause that a person ends at a URL, which is shown whole',
      ],
    },
  },
  {
    what: 'requests of an address for each second; beyond, 503 with Retry-After',
    tests: {
      'test/acme/pace.test.ts': ['never faster than %s'],
      'test/acme/transport.test.ts': ['503 with Retry-After has the time of the next attempt'],
    },
  },
  {
    what: 'a busy database: 500 to a query, and the answer a moment later (smallstep)',
    tests: {
      'test/acme/orders.test.ts': ['is tried again when the CA fails with %s for a moment'],
    },
  },
  {
    what: 'maintenance: 503 with Retry-After for everything, also in the middle of an order',
    tests: {
      [`${HERE}/limits.test.ts`]: [
        'names the time of the next request as %s',
        'that begins in the middle of an order loses nothing: the order goes on afterwards',
      ],
    },
  },
  {
    what: 'renewals with ARI are exempt from all limits',
    tests: {
      [`${HERE}/replaces.test.ts`]: [
        'is accepted for the certificate that the CA has issued, and counts against no limit',
      ],
      [`${HERE}/recalled.test.ts`]: [
        'renewals after a mass revocation count against no limit, however many there are',
      ],
    },
  },
  {
    what: 'Retry-After of hours or days: a time in the state, and no sleep in the process',
    tests: {
      'test/acme/transport.test.ts': [
        'a limit of a day is an error at once, with the time, and no sleep',
      ],
      'test/acme/limits.test.ts': ['K11: lasts for a day at most: %s'],
    },
  },
  {
    what: 'failures of a set of names: 1, 10, 100 minutes, a day, across runs',
    tests: {
      'test/engine/order-pauses.test.ts': [
        'K11: delays that order alone, for longer each time, and reports until when',
      ],
    },
  },
  {
    what: 'renewal information: Retry-After within a minute and a day, no valid window, errors',
    tests: {
      'test/acme/renewal-info.test.ts': [
        'keeps Retry-After within limits: %s',
        'is ignored, with a warning, when the window is not valid: %s',
        'that cannot be downloaded now is an error, so that the caller may try again',
        'has the window, the explanation and the time of the next request; no account is needed',
      ],
    },
  },
  {
    what: 'one random time in each window, kept while the window does not change',
    tests: {
      'test/rollover/renewal.test.ts': [
        'has a uniformly random time in it',
        'keeps the time that was chosen while it does not change',
      ],
    },
  },
  {
    what: 'replaces is refused: alreadyReplaced, malformed, unauthorized, other names, unknown',
    tests: {
      [`${HERE}/replaces.test.ts`]: [
        'is placed as a new one where the predecessor was replaced already, and only once',
        'is placed as a new one for a certificate %s',
        'of another account is placed as a new one',
        'is not tried without replaces where a limit refuses it',
      ],
      'test/acme/orders.test.ts': ['is repeated once without replaces when the CA answers %s'],
    },
  },
  {
    what: 'a staged certificate has already replaced the one in use: the next order replaces it',
    tests: { 'test/engine/predecessor.test.ts': ['is the certificate that was issued last'] },
  },
  {
    what: 'a mass revocation moves windows into the past, with an explanation',
    tests: {
      [`${HERE}/recalled.test.ts`]: [
        'a mass revocation moves the windows of all certificates into the past, with an explanation',
      ],
      'test/stories/revoked.test.ts': [
        'to a certificate that was revoked by others is refused, as the CA reports (ARI)',
      ],
    },
  },
  {
    what: 'more than 10,000 names: renewals are spread, and never meet on one day',
    tests: {
      'test/rollover/renewal.test.ts': ['10,000 certificates of one day are spread over nine days'],
    },
  },
  {
    what: 'a CA asks any name server, and does not repeat a validation',
    tests: {
      'test/engine/unseen-challenge.test.ts': ['then needs a person, with the likely causes'],
      'test/engine/challenge-answers.test.ts': [
        'does not come after five: the CA will not find the record',
      ],
    },
  },
  {
    what: 'there is no list of orders: the URL of an order is stored before anything else',
    tests: {
      'test/acme/orders.test.ts': [
        'returns the order though its challenges cannot be read: its URL must not be lost',
        'counts an order that the CA has lost as invalid',
      ],
    },
  },
  {
    what: 'validations are used again, for hours or for weeks: an order may be ready at once',
    tests: {
      'test/acme/orders.test.ts': [
        'is ready when every authorization is valid, and no challenge is open',
      ],
    },
  },
  {
    what: 'profiles: from the directory, and only those',
    tests: { 'test/acme/orders.test.ts': ['checks the profile against the directory'] },
  },
  {
    what: 'an order becomes invalid when it is finalized (CAA, policy)',
    tests: {
      [`${HERE}/orders.test.ts`]: [
        'that becomes invalid when it is finalized is reported in the words of the CA',
        'with a request for other names is refused as badCSR, which is not repeated',
      ],
    },
  },
  {
    what: 'an order is in progress for long',
    tests: {
      [`${HERE}/orders.test.ts`]: ['that takes long is read again at the time that the CA names'],
    },
  },
  {
    what: 'nonces are refused again and again',
    tests: {
      [`${HERE}/orders.test.ts`]: ['survives a storm of refused nonces'],
      'test/acme/transport.test.ts': ['that are always refused end in an error that says so'],
    },
  },
  {
    what: 'chains: random intermediates, alternates, wrong certificates',
    tests: {
      'test/acme/download.test.ts': [
        'finds a preferred chain among the alternates, by the issuer of its top certificate',
      ],
      'test/engine/wrong-chain.test.ts': ['is never deployed: %s'],
    },
  },
  {
    what: 'lifetimes of 6 to 200 days: no constant of 30 days',
    tests: {
      'test/rollover/renewal.test.ts': ['K8: %i days: never within a tenth of the lifetime'],
    },
  },
  {
    what: 'contact addresses are not stored: no account is made again because of them',
    tests: {
      'test/acme/account.test.ts': [
        'K41: orders although the CA refuses a contact, reports that, and sends it with the next order',
      ],
    },
  },
  {
    what: 'external accounts, whose keys are used up once',
    tests: {
      'test/acme/account.test.ts': [
        'asks for the external account before it asks the CA',
        'binds the external account (RFC 8555 §7.3.4), and shows its key in no error',
      ],
    },
  },
  {
    what: 'a new account key is refused, or its answer is lost',
    tests: {
      [`${HERE}/orders.test.ts`]: [
        'is proven by an inner signature, and replaces the old one (RFC 8555 §7.3.5)',
        'that %s changes nothing: both keys are kept',
      ],
    },
  },
];
