// [acme] and [issuer.NAME]: where certificates come from.
import * as z from 'zod';
import { ACME_DIRECTORY } from '../defaults.ts';
import * as field from '../fields.ts';
import { list, optional, preset, required } from './option.ts';
import { ORDER } from './policy.ts';

const { table, text, duration, flag, keyType, word } = field;

const DAY = 86_400;

const externalAccount = table({
  kid: required(text, 'The key identifier that the CA gave you.', 'kid-1'),
  hmac: required(field.secret, 'The HMAC key that the CA gave you, base64url.', {
    file: '/etc/holger/eab.key',
  }),
});

const common = {
  email: optional(
    text,
    'The address to which the CA writes about the account.',
    'hostmaster@example.org',
  ),
  ca_file: optional(
    field.file,
    'PEM file: the CA certificates that are trusted for the HTTPS of a private CA.',
    '/etc/holger/private-ca.pem',
  ),
  trust_anchor_file: optional(
    field.file,
    'PEM file: the CA certificates to which certificates of this CA lead, one to sixteen. ' +
      'Where a certificate lists this issuer beside others and records has usage 2, they get ' +
      'records before they are needed, so that a change to this CA does not wait for caches. ' +
      'Download them from the CA, and keep the file up to date.',
    '/etc/holger/zerossl-cas.pem',
  ),
  eab: optional(externalAccount, 'External account binding, which commercial CAs ask for.', {
    kid: 'kid-1',
    hmac: { file: '/etc/holger/eab.key' },
  }),
  staging_directory: optional(
    field.directory,
    'Where holger run --staging tries an issuance. Without it, the staging environment ' +
      "of Let's Encrypt or of Google Trust Services; that of another CA must be named. " +
      'ca_file applies there, too.',
    'https://acme-staging-v02.api.letsencrypt.org/directory',
  ),
  staging_eab: optional(externalAccount, 'External account binding at the staging environment.', {
    kid: 'kid-2',
    hmac: { file: '/etc/holger/staging-eab.key' },
  }),
  challenge: preset(
    word(['dns-01', 'dns-account-01', 'dns-persist-01']),
    'dns-01',
    'The challenge by which names are proven. dns-01: a TXT record at _acme-challenge for each order. dns-account-01: the same, below a label of the account, so that several clients can each have a CNAME of their own. dns-persist-01: one TXT record at _validation-persist that stays and lets this account order again; a thief of the account key could order as long as it exists.',
    'dns-account-01',
  ),
  experimental: preset(
    flag,
    false,
    'true: allow challenge = "dns-persist-01", whose document is a draft. Its record may change with a later version.',
  ),
  ...ORDER,
};

export const acme = table({
  directory: preset(
    field.directory,
    ACME_DIRECTORY,
    "The directory of the CA. The default is Let's Encrypt. No client trusts the certificates of a staging environment: deploy none of them on a server in use.",
  ),
  ...common,
});

const another = table({
  type: required(z.literal('acme'), 'An ACME CA.', 'acme'),
  directory: required(
    field.directory,
    'The directory of the CA.',
    'https://acme.zerossl.com/v2/DV90',
  ),
  ...common,
});

const otherProgram = table({
  type: required(
    z.literal('files'),
    'Another program renews: certbot, acme.sh, lego, dehydrated, or that of a company CA. holger copies each new key and certificate, and deploys it when DNS allows it. It never writes there.',
    'files',
  ),
  lineage: optional(
    field.file,
    'The folder with fullchain.pem and privkey.pem. {name} stands for the name of the certificate, here and in the other paths.',
    '/etc/letsencrypt/live/{name}',
  ),
  certificate: optional(
    field.file,
    'The file with the full chain. Without it, fullchain.pem in lineage.',
    '/var/lib/acme/{name}/fullchain.cer',
  ),
  key: optional(
    field.file,
    'The file with the private key. Without it, privkey.pem in lineage.',
    '/var/lib/acme/{name}/{name}.key',
  ),
  owner: optional(
    text,
    'The user that may own these files and their folders, besides root and the user that runs holger.',
    'acme',
  ),
}).refine((it) => it.lineage !== undefined || (it.certificate && it.key), {
  error: () => 'names no key and certificate: give lineage, or certificate and key',
});

const lifetime = (value: string, of: string): z.ZodPrefault<z.ZodType<number>> =>
  preset(
    duration.refine((seconds) => seconds >= DAY && seconds <= 36_500 * DAY, {
      error: () => 'is not between 1d and 36500d',
    }),
    value,
    `How long ${of} is valid.`,
  );

const privateCa = table({
  type: required(
    z.literal('private-ca'),
    'A CA of your own: holger makes its key and certificate, in the state, and signs with it. No client trusts it but those that find its TLSA record of usage 2.',
    'private-ca',
  ),
  common_name: preset(
    text.max(64, { error: () => 'is longer than 64 characters' }),
    'holger CA',
    'The name of the CA, in its certificate.',
  ),
  key_type: preset(keyType, 'ec-p256', 'The type of the key of the CA.'),
  lifetime: lifetime('90d', 'a certificate'),
  ca_lifetime: lifetime(
    '3650d',
    'the certificate of the CA. The next CA is made when a certificate would be valid for longer, and',
  ),
  path_length: preset(
    z
      .number({ error: () => 'expected a number' })
      .int({ error: () => 'is not a whole number' })
      .min(0, { error: () => 'is less than 0' })
      .max(8, { error: () => 'is more than 8' })
      .meta({ title: 'a number from 0 to 8' }),
    0,
    'How many CA certificates may follow below the CA. holger makes none.',
  ),
  permitted: preset(
    list(field.domain, 'a list of domain names'),
    [],
    'The only domains below which its certificates are valid, in its certificate (name constraints). Without it, all.',
    ['example.org'],
  ),
}).refine((it) => it.ca_lifetime > it.lifetime, {
  path: ['ca_lifetime'],
  error: () => 'is not longer than lifetime: the CA would end before its certificates',
});

const selfSigned = table({
  type: required(
    z.literal('self-signed'),
    'No CA: each certificate is signed by its own key. For services whose clients use the records of usage 3, like mail servers.',
    'self-signed',
  ),
  lifetime: lifetime('365d', 'a certificate'),
});

/** One table. The type decides which keys are allowed. */
export const issuer = z.discriminatedUnion('type', [another, otherProgram, privateCa, selfSigned], {
  error: ({ code }) =>
    code === 'invalid_union'
      ? 'expected type = "acme", "files", "private-ca" or "self-signed"'
      : undefined,
});
