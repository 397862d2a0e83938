// Every provider there is. A new one is a file beside these and a line here.
import type { ProviderKind } from './_kit/kind.ts';
import { cloudflare } from './cloudflare.ts';
import { desec } from './desec.ts';
import { powerdns } from './powerdns.ts';
import { rfc2136 } from './rfc2136/kind.ts';

export const PROVIDERS: readonly ProviderKind[] = [rfc2136, desec, cloudflare, powerdns];
