// acme-dns (https://github.com/joohoi/acme-dns): a server only for the answers to challenges. An
// account has one name, to which `_acme-challenge` of the certificate's names is a CNAME; it serves
// its two newest values. DNS is asked which ones.
import { AppError } from '../src/base/errors.ts';
import { hostOf, labelsOf } from '../src/dns/name.ts';
import type { Fqdn } from '../src/dns/name.ts';
import { createApi } from './_kit/api.ts';
import { changeOf } from './_kit/edit.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { txtValue } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import { inOrder } from './_kit/records.ts';

const HOST = 'acme-dns';
/** The TTL of every record, whatever is requested. */
const TTL = 1;

export const acmeDns = defineProvider({
  type: 'acme-dns',
  title: 'acme-dns',
  site: 'https://github.com/joohoi/acme-dns#api',
  traits: {
    types: ['TXT'],
    conditional: false,
    edits: 'record',
    ttl: { least: TTL, zone: true },
    signs: 'never',
    keeps: 2,
    tellsApplied: false,
    limits: 'the two newest values of an account',
  },
  options: {
    ...HTTP_OPTIONS,
    endpoint: required('url', 'the API of the server: "https://auth.example.org"'),
    username: required('text', 'from the answer of the registration'),
    password: required('secret', 'from the answer of the registration'),
    subdomain: required('text', 'from the answer of the registration: the first label of the name'),
  },
  notes: [
    'Register an account with POST /register, and make _acme-challenge of each name a ' +
      'CNAME to its fulldomain.',
    'An account stores two values: a certificate with more names is validated two names ' +
      'at a time, and no other client may use the account.',
    'No value is removed: an old value stays until two new ones were written.',
  ],
  async open(options, tools) {
    const { endpoint, username, password, subdomain } = options;
    const place = { host: HOST, address: endpoint, secrets: [password] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ 'X-Api-User': username, 'X-Api-Key': password }),
      said: (body) => body.at('error').text(),
    });
    const isOwn = (name: Fqdn): boolean => labelsOf(name)[0] === subdomain.toLowerCase();
    return {
      traits: this.traits,
      findZone: async (name, call) => (isOwn(name) ? tools.zoneOf(name, call) : undefined),
      ttlFor: () => Promise.resolve(TTL),
      read: (_zone, owner, type, call) => tools.look(owner, type, call),
      async apply(edit, call) {
        const { owner, type } = edit;
        if (!isOwn(owner)) throw notOurs(owner, subdomain);
        const change = changeOf(edit, await tools.look(owner, type, call), TTL);
        if (change.kind !== 'write') return change.kind === 'none' ? 'accepted' : 'conflict';
        const steps = change.add.map((rdata) => async () => {
          const body = { subdomain, txt: txtValue(rdata) };
          const what = `a new value at ${owner}`;
          await api.send('POST', { path: '/update', body, what }, call);
        });
        await inOrder(steps);
        return 'accepted';
      },
    };
  },
});

function notOurs(owner: Fqdn, subdomain: string): AppError {
  return new AppError(
    'UPDATE_REFUSED',
    `the account of acme-dns has the name ${subdomain}, and cannot write at ${owner}`,
    { hint: `make ${hostOf(owner)} a CNAME to the fulldomain from the registration` },
  );
}
