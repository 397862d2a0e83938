// Which certificate an order replaces.
import type { Generation, Lineage } from '../../../rollover/model.ts';
import type { Pki } from '../../world.ts';

/**
 * What was issued last at this CA, deployed or not: a chain that is staged has replaced the one in
 * use, and a certificate is replaced once (RFC 9773 §5).
 */
export function predecessorOf(
  { number, directory }: Pick<Generation, 'number' | 'directory'>,
  { generations }: Pick<Lineage, 'generations'>,
): Generation | undefined {
  return generations
    .filter((one) => one.chain !== undefined && one.directory === directory)
    .filter((one) => one.number < number && one.rollbackOf === undefined)
    .toSorted((a, b) => a.number - b.number)
    .at(-1);
}

/** How the CA names it (RFC 9773 §4.1); undefined: the order replaces nothing. */
export function replacedId(
  generation: Pick<Generation, 'number' | 'directory'>,
  lineage: Pick<Lineage, 'generations'>,
  pki: Pick<Pki, 'certId'>,
): string | undefined {
  const chain = predecessorOf(generation, lineage)?.chain;
  return chain === undefined ? undefined : pki.certId(chain);
}
