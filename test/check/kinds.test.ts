// Certificates of every key type, and servers that hold several.
import { describe, expect, it } from 'vitest';
import { Shown } from '../../src/check/gather/shown.ts';
import { KEY_ALGORITHMS } from '../../src/dane/key-algorithm.ts';
import { selfSigned } from '../support/certificates.ts';
import { mailHost, raised, record, serviceOn, type Shows } from './scene.ts';

const identities = KEY_ALGORITHMS.map((kind) => ({
  kind,
  party: selfSigned(kind, 'mx1.example.org'),
}));
const other = selfSigned('ecdsa', 'mx1.example.org');
const reserve = record('3 1 1', other);

describe('K17: a certificate of any key type is judged in the same way', () => {
  it.each(identities)('$kind alone, with its record', async ({ kind, party }) => {
    const scene = mailHost([record('3 1 1', party), reserve], { [kind]: [party] });
    expect(await raised(scene)).toEqual([]);
    const { verdicts } = await serviceOn(scene);
    expect(verdicts.map(({ algorithm, outcome }) => `${algorithm} ${outcome}`).sort()).toEqual(
      [...new Set(['ecdsa', 'rsa', kind])]
        .map((one) => `${one} ${one === kind ? 'secure' : 'not-offered'}`)
        .sort(),
    );
  });

  it.each(identities)('$kind alone, without its record', async ({ kind, party }) => {
    const scene = mailHost([reserve], { [kind]: [party] });
    expect(await raised(scene)).toContain('critical mismatch');
  });

  it('a server with one of each, and the record of all but one', async () => {
    const shows = Object.fromEntries(identities.map(({ kind, party }) => [kind, [party]])) as Shows;
    const all = identities.map(({ party }) => record('3 1 1', party));
    expect(await raised(mailHost(all, shows))).toEqual([]);
    const { findings } = await serviceOn(mailHost(all.slice(0, -1), shows));
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'algorithm-neglected',
        because: 'no record matches its RSA-PSS certificate, but a record matches the other',
      }),
    );
  });

  it('a kind that one of several processes lacks does not count as a failure of the others', () => {
    const chain = { id: 'E', certificates: [] };
    const usual = { status: 'presented', algorithm: 'ecdsa', certificates: [], chain } as const;
    const shown = new Shown();
    shown.add(usual);
    shown.add({ status: 'no-certificate', detail: 'an alert' });
    expect(shown.facts('192.0.2.1')).toContainEqual({
      ...{ address: '192.0.2.1', algorithm: 'ecdsa', looks: [usual] },
    });
  });

  it('what fails with every offer is reported once, and not for a kind of certificate', async () => {
    const scene = mailHost([reserve], { ecdsa: { status: 'tls-failed', detail: 'an alert' } });
    const { findings } = await serviceOn(scene);
    expect(findings).toMatchObject([{ rule: 'tls-fails', because: 'an alert' }]);
  });
});

describe('K50: few handshakes', () => {
  it('one for the certificate that clients get, one more for another kind of certificate', async () => {
    let count = 0;
    const [ecdsa] = identities;
    if (ecdsa === undefined) throw new Error('no identity');
    const scene = mailHost([record('3 1 1', ecdsa.party)], { ecdsa: [ecdsa.party] });
    await raised({ ...scene, onHandshake: () => (count += 1) });
    expect(count).toBe(2);
  });

  it('a service that fails gets no handshake for another kind', async () => {
    let count = 0;
    const scene = mailHost([reserve], { ecdsa: { status: 'tls-failed', detail: 'an alert' } });
    await raised({ ...scene, onHandshake: () => (count += 1) });
    expect(count).toBe(1);
  });
});
