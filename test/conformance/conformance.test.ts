// Every provider against a fake server made from its public description. Providers whose server can
// be run here are tested with it: test/real.
import { expect, it } from 'vitest';
import { PROVIDERS } from '../../providers/index.ts';
import { acmeDns } from './fakes/acme-dns.ts';
import { azure } from './fakes/azure.ts';
import { bunny } from './fakes/bunny.ts';
import { cloudflare } from './fakes/cloudflare.ts';
import { desec } from './fakes/desec.ts';
import { digitalocean } from './fakes/digitalocean.ts';
import { dnsimple } from './fakes/dnsimple.ts';
import { exec } from './fakes/exec.ts';
import { gandi } from './fakes/gandi.ts';
import { google } from './fakes/google.ts';
import { hetzner } from './fakes/hetzner.ts';
import { infomaniak } from './fakes/infomaniak.ts';
import { inwx } from './fakes/inwx.ts';
import { ispconfig } from './fakes/ispconfig.ts';
import { netcup } from './fakes/netcup.ts';
import { ns1 } from './fakes/ns1.ts';
import { ovh } from './fakes/ovh.ts';
import { porkbun } from './fakes/porkbun.ts';
import { powerdns } from './fakes/powerdns.ts';
import { route53 } from './fakes/route53.ts';
import { transip } from './fakes/transip.ts';
import { webhook } from './fakes/webhook.ts';
import { conforms } from './suite.ts';

const FAKES = [
  desec,
  cloudflare,
  exec,
  webhook,
  acmeDns,
  bunny,
  digitalocean,
  hetzner,
  porkbun,
  dnsimple,
  gandi,
  infomaniak,
  ns1,
  ovh,
  azure,
  google,
  route53,
  inwx,
  transip,
  netcup,
  ispconfig,
  powerdns,
];

/** They are tested on real servers, with the person or program that changes them. */
const REAL = ['rfc2136', 'manual'];

it('omits no provider', () => {
  const tested = [...FAKES.map(({ type }) => type), ...REAL];
  expect([...tested].sort()).toEqual(PROVIDERS.map(({ type }) => type).sort());
});

for (const fake of FAKES) {
  const kind = PROVIDERS.find(({ type }) => type === fake.type);
  if (kind !== undefined) conforms(kind, fake);
}
