// The handshake scenarios of dane-scenarios.json that are decided by chain and records alone, with
// chains made here. Those that need a server (t17 to t21) run in the lab.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tlsaFor } from '../../src/dane/association.ts';
import { matchRRset } from '../../src/dane/match.ts';
import type { TlsaRecord } from '../../src/dane/tlsa.ts';
import { anchorOf } from '../../src/x509/anchor.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { family, issue, NOW } from '../support/ca.ts';
import type { Party } from '../support/ca.ts';
import type { Tally } from './tally.ts';

const HOST = 'mail.example.com';

interface Scenario {
  readonly id: string;
  readonly expect: string;
}

interface Situation {
  readonly chain: readonly Party[];
  readonly records: readonly TlsaRecord[];
}

export async function runScenarios(dir: string, tally: Tally): Promise<void> {
  const { tls } = JSON.parse(await readFile(join(dir, 'dane-scenarios.json'), 'utf8')) as {
    tls: Scenario[];
  };
  const situations = await allSituations();
  for (const { id, expect } of tls) {
    const situation = situations[id];
    if (situation === undefined) continue;
    const verdict = matchRRset(
      situation.records,
      chainFromDer(situation.chain.map((party) => party.der)),
      { names: [HOST], smtpLike: true, at: NOW, anchorOf },
    );
    const said = {
      matched: 'ok',
      mismatch: 'fail',
      'all-unusable': 'unusable',
      'no-records': 'none',
    };
    const allowed = /^[a-z/]+/.exec(expect)?.[0].split('/') ?? [];
    tally.check(`scenario ${id} (${expect})`, true, () => allowed.includes(said[verdict.mode]));
  }
}

function record(party: Party, usage: number, selector: number, matchingType: number): TlsaRecord {
  const certificate = chainFromDer([party.der]).certificates[0];
  if (certificate === undefined) throw new Error('no certificate');
  return tlsaFor(certificate, usage, selector, matchingType);
}

async function allSituations(): Promise<Readonly<Record<string, Situation>>> {
  const { leaf, intermediate, root } = await family([HOST]);
  const expired = await issue({
    dns: [HOST],
    issuer: intermediate,
    notBefore: NOW - 200_000,
    notAfter: NOW - 100_000,
  });
  const below = await issue({ dns: [`sub.${HOST}`], issuer: intermediate });
  const stranger = await issue({ dns: [HOST] });
  const twin = await issue({ name: 'Test Intermediate', ca: true, issuer: root });
  const wrongKey = await issue({ dns: [HOST], issuer: twin });
  const full = [leaf, intermediate, root];
  const good = record(leaf, 3, 1, 1);
  const truncated = { ...good, data: good.data.slice(2) };
  const ca = record(intermediate, 2, 1, 1);
  const wholeCa = record(intermediate, 2, 0, 0);
  return {
    t01: { chain: full, records: [good] },
    t02: { chain: full, records: [record(stranger, 3, 1, 1)] },
    t03: { chain: full, records: [ca] },
    t04: { chain: [leaf, intermediate], records: [record(root, 2, 1, 1)] },
    t05: { chain: [leaf], records: [wholeCa] },
    t06: { chain: [expired, intermediate], records: [record(expired, 3, 1, 1)] },
    t07: { chain: [expired, intermediate], records: [ca] },
    t08: { chain: [below, intermediate], records: [ca] },
    t09: { chain: [below, intermediate], records: [record(below, 3, 1, 1)] },
    t10: { chain: full, records: [truncated] },
    t11: { chain: full, records: [truncated, good] },
    t12: { chain: full, records: [{ ...good, usage: 10 }, good] },
    t13: { chain: full, records: [{ ...wholeCa, data: wholeCa.data.slice(2) }] },
    t14: { chain: full, records: [record(intermediate, 0, 1, 1), record(leaf, 1, 1, 1)] },
    t15: { chain: [stranger, intermediate, root], records: [ca] },
    t16: { chain: [wrongKey, intermediate, root], records: [ca] },
  };
}
