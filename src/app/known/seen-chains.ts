// The chains that CAs have sent this installation for its orders: what a check knows of them beyond
// the lists that come with holger.
import type { SeenChain } from '../../check/issuers/seen-issuers.ts';
import { acmeIssuersOf, wishesAt } from '../../config/issuers.ts';
import type { Config } from '../../config/schema.ts';
import { algorithmOf } from '../../rollover/model.ts';
import type { OwnState } from './own-state.ts';

export function seenChains(
  { certificates, lineages }: Pick<OwnState, 'certificates' | 'lineages'>,
  config: Pick<Config, 'acme' | 'issuer'>,
): readonly SeenChain[] {
  const issuers = new Map(acmeIssuersOf(config).map((one) => [one.id, one]));
  return certificates.flatMap((certificate) =>
    (lineages.get(certificate.name)?.generations ?? []).flatMap((generation): SeenChain[] => {
      const { chain, orderUrl, directory, keyType, request } = generation;
      // One that was taken over may come from any CA; the key of a request may be of another kind.
      const isOrdered = orderUrl !== undefined && request !== true && /^https?:/.test(directory);
      if (chain === undefined || !isOrdered) return [];
      const { host, href } = new URL('#', directory);
      const issuer = issuers.get(directory);
      const chosen = issuer && wishesAt(certificate, issuer).preferredChain;
      const isDefault = issuer !== undefined && chosen === undefined;
      return [{ ca: host, directory: href, chain, algorithm: algorithmOf(keyType), isDefault }];
    }),
  );
}
