// Revocation (RFC 8555 §7.6), signed by the account or by the certificate's own key.
import { toBase64Url } from '../base/bytes.ts';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { Revocation } from '../ports/issuer.ts';
import type { AcmeClient } from './client.ts';
import { problemTypeOf } from './problem.ts';

/**
 * Does nothing for a certificate that is already revoked: the operator may run the command twice.
 */
export async function revokeCertificate(
  { certificateDer, reason }: Revocation,
  signer: { readonly client: AcmeClient; readonly accountUrl: string | undefined },
  call: Call,
): Promise<void> {
  const { revokeCert } = await signer.client.directory(call);
  if (revokeCert === undefined) {
    throw new AppError(
      'ACME_PROBLEM',
      'the CA does not support revocation by ACME (no revokeCert)',
      {
        hint: 'ask the CA how to revoke a certificate',
        details: { type: 'about:blank' },
      },
    );
  }
  const payload = {
    certificate: toBase64Url(certificateDer),
    ...defined({ reason }),
  };
  const { accountUrl } = signer;
  try {
    await signer.client.post({ url: revokeCert, payload, accountUrl, act: 'the revocation' }, call);
  } catch (error) {
    if (problemTypeOf(error) !== 'alreadyRevoked') throw error;
  }
}
