// A secret that is read when it is needed, and masked from then on wherever it would be printed.
import type { SecretRef } from '../../config/fields.ts';
import { readSecret } from '../../config/secrets.ts';
import { registerSecret } from '../../observe/redact.ts';

/** @throws AppError SECRET_UNREADABLE */
export async function readRegistered(ref: SecretRef): Promise<string> {
  const secret = await readSecret(ref);
  registerSecret(secret);
  return secret;
}
