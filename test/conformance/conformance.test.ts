// Every provider against the far side that its public description tells of. Those whose far side
// can be had run on it: test/real.
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

/** They run on real servers, with whoever is meant to change them. */
const REAL = ['rfc2136', 'manual'];

it('leaves no provider out', () => {
  const tested = [...FAKES.map(({ type }) => type), ...REAL];
  expect([...tested].sort()).toEqual(PROVIDERS.map(({ type }) => type).sort());
});

for (const fake of FAKES) {
  const kind = PROVIDERS.find(({ type }) => type === fake.type);
  if (kind !== undefined) conforms(kind, fake);
}
