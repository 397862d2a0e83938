// [acme] and [issuer.NAME]: the CAs that certificates are ordered from.
import * as z from 'zod';
import { ACME_DIRECTORY } from '../defaults.ts';
import * as field from '../fields.ts';
import { optional, preset, required } from './option.ts';
import { ORDER } from './policy.ts';

const { table, text } = field;

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

/** One table. The type decides which keys are allowed. */
export const issuer = z.discriminatedUnion('type', [another], {
  error: () => 'expected type = "acme"',
});
