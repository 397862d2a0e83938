// Every provider there is. A new one is a file beside these and a line here.
import type { ProviderKind } from './_kit/kind.ts';
import { cloudflare } from './cloudflare.ts';
import { desec } from './desec.ts';
import { inwx } from './inwx/inwx.ts';
import { ispconfig } from './ispconfig.ts';
import { netcup } from './netcup.ts';
import { rfc2136 } from './rfc2136/kind.ts';
import { transip } from './transip/transip.ts';

export const PROVIDERS: readonly ProviderKind[] = [
  rfc2136,
  desec,
  cloudflare,
  inwx,
  transip,
  netcup,
  ispconfig,
];
