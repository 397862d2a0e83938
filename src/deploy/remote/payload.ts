// A generation as it is sent: PEM with "\n" at the end of each line and nothing between the blocks.
import type { DeployPackage } from '../../ports/target.ts';
import { certificateTexts, privateKeyTexts } from '../../x509/pem.ts';

/** The certificate and its chain. */
export function chainOf({ pems }: Pick<DeployPackage, 'pems'>): string {
  return certificateTexts(pems.fullchain).join('').replaceAll('\r', '');
}

/** The private key, or an empty text where it is elsewhere. */
export function keyTextOf({ pems }: Pick<DeployPackage, 'pems'>): string {
  const [key = ''] = privateKeyTexts(pems.privkey ?? '');
  return key.replaceAll('\r', '');
}
