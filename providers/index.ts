// Every provider there is. A new one is a file beside these and a line here.
import type { ProviderKind } from './_kit/kind.ts';
import { azure } from './azure/azure.ts';
import { cloudflare } from './cloudflare.ts';
import { desec } from './desec.ts';
import { google } from './google/google.ts';
import { rfc2136 } from './rfc2136/kind.ts';
import { route53 } from './route53/route53.ts';

export const PROVIDERS: readonly ProviderKind[] = [
  rfc2136,
  desec,
  cloudflare,
  azure,
  google,
  route53,
];
