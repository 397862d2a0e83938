// State folders for transcripts: what holger has stored of mx1, document by document.
import { readFileSync } from 'node:fs';
import { fqdn } from '../../src/dns/name.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { DAY, NOW, SERVICE, generation, record, seen, swept } from '../rollover/world.ts';

// Two leaves and the CA certificate that signed both are stored here: transcripts show their
// hashes.
const PEM = readFileSync(new URL('chains.pem', import.meta.url), 'utf8');
const [first = '', second = '', issuer = ''] = PEM.split(/(?<=-----END CERTIFICATE-----\n)/);
const A = chainFromPem(first + issuer);
const B = chainFromPem(second + issuer);
const OWNER = fqdn('_25._tcp.mx.example.org');

const stored = (value: object): string =>
  JSON.stringify({ value: { schema: 1, revision: 1, value } });

const DEPLOYED = [record('3 1 1', A), record('2 1 1', A)];
const BOTH = [...DEPLOYED, record('3 1 1', B)];

/** Since `since` every name server serves these records; before, those of the first chain. */
function remembered(lineage: Partial<Lineage>, records = DEPLOYED, since = NOW - 7200) {
  const before = swept(undefined, NOW - DAY, [{ records: DEPLOYED }]);
  const at = NOW - 30;
  const history = [since, at].reduce(
    (known, time) => swept(known, time, [{ records, serial: 2 }]),
    before,
  );
  const targets = { 'live folder': { label: 'live folder', took: 1 } };
  return {
    'certificate/mx1': stored({ ...newLineage('mx1'), targets, ...lineage }),
    [`owner/${OWNER}`]: stored({ ...history, ours: records }),
    [`service/${SERVICE.id}`]: stored(seen(at, { '192.0.2.1': A })),
  };
}

const of = { orderUrl: 'https://ca.example/order/1' };
const live = generation(1, 'live', A, of);
const staged = generation(2, 'issued', B, of);
const failure = {
  code: 'DNS_TIMEOUT',
  message: 'no answer from ns1.example.org. 192.0.2.53',
  hint: 'check the name server',
  ...{ at: NOW - 30, attempts: 3, notBefore: NOW + 600, exit: 3 },
} as const;

/** By the name in the line `# state: NAME` of a transcript. */
export const STATES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'nothing-due': remembered({ generations: [live] }),
  'record-published': remembered({ generations: [live, staged] }, BOTH, NOW - 60),
  'record-everywhere': remembered({ generations: [live, staged] }, BOTH),
  'name-server-silent': remembered({ generations: [live], trouble: failure }),
  'tlsa-off': remembered({ generations: [live], orders: { offSince: NOW - DAY } }, []),
  'document-damaged': { 'certificate/mx1': '"something else"' },
};
