// Every provider. A new one is a file in this folder and a line here.
import type { ProviderKind } from './_kit/kind.ts';
import { acmeDns } from './acme-dns.ts';
import { azure } from './azure/azure.ts';
import { bunny } from './bunny.ts';
import { cloudflare } from './cloudflare.ts';
import { desec } from './desec.ts';
import { digitalocean } from './digitalocean.ts';
import { dnsimple } from './dnsimple.ts';
import { exec } from './exec/exec.ts';
import { gandi } from './gandi.ts';
import { google } from './google/google.ts';
import { hetzner } from './hetzner.ts';
import { infomaniak } from './infomaniak.ts';
import { inwx } from './inwx/inwx.ts';
import { ispconfig } from './ispconfig.ts';
import { manual } from './manual.ts';
import { netcup } from './netcup.ts';
import { ns1 } from './ns1.ts';
import { ovh } from './ovh/ovh.ts';
import { porkbun } from './porkbun.ts';
import { powerdns } from './powerdns.ts';
import { rfc2136 } from './rfc2136/kind.ts';
import { route53 } from './route53/route53.ts';
import { transip } from './transip/transip.ts';
import { webhook } from './webhook.ts';

export const PROVIDERS: readonly ProviderKind[] = [
  acmeDns,
  azure,
  bunny,
  cloudflare,
  desec,
  digitalocean,
  dnsimple,
  exec,
  gandi,
  google,
  hetzner,
  infomaniak,
  inwx,
  ispconfig,
  manual,
  netcup,
  ns1,
  ovh,
  porkbun,
  powerdns,
  rfc2136,
  route53,
  transip,
  webhook,
];
