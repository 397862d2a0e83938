// Every provider there is. A new one is a file beside these and a line here.
import type { ProviderKind } from './_kit/kind.ts';
import { cloudflare } from './cloudflare.ts';
import { desec } from './desec.ts';
import { dnsimple } from './dnsimple.ts';
import { gandi } from './gandi.ts';
import { infomaniak } from './infomaniak.ts';
import { ns1 } from './ns1.ts';
import { ovh } from './ovh/ovh.ts';
import { rfc2136 } from './rfc2136/kind.ts';

export const PROVIDERS: readonly ProviderKind[] = [
  rfc2136,
  desec,
  cloudflare,
  dnsimple,
  gandi,
  infomaniak,
  ns1,
  ovh,
];
