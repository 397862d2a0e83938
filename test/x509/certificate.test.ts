import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import {
  certId,
  dnsNames,
  isSelfSigned,
  keyMatches,
  labelOf,
  validityOfCertificate,
} from '../../src/x509/certificate.ts';
import { chainFromDer, chainFromPem } from '../../src/x509/chain.ts';
import { readElement } from '../../src/x509/der.ts';
import { splitPem } from '../../src/x509/pem.ts';
import { family, issue, NOW } from '../support/ca.ts';

describe('a chain', () => {
  it('is read from DER: keys, dates, names, constraints and who signed whom', async () => {
    const { leaf, intermediate, root } = await family(['mx.example.org', '*.Example.org']);
    const chain = chainFromDer([leaf.der, intermediate.der, root.der]);
    expect(chain.certificates.map((one) => one.signedBy)).toEqual([[1], [2], []]);
    expect(chain.certificates.map((one) => one.canSign)).toEqual([false, true, true]);
    expect(chain.certificates.map((one) => one.pathLength)).toEqual([undefined, 0, undefined]);
    expect(chain.certificates[0]).toMatchObject({
      names: ['mx.example.org', '*.example.org'],
      notBefore: NOW - 86_400,
      der: toHex(leaf.der),
    });
    const spki = createPublicKey(leaf.keyPem).export({ type: 'spki', format: 'der' });
    expect(chain.certificates[0]?.spki).toBe(toHex(spki));
    expect(chain.id).toMatch(/^[0-9a-f]{64}$/);
    expect(chainFromPem(leaf.pem + intermediate.pem + root.pem)).toEqual(chain);
  });

  it('keeps what can be read when one certificate is garbage', async () => {
    const leaf = await issue({ dns: ['mx.example.org'] });
    const chain = chainFromDer([leaf.der, new Uint8Array([0x30, 0x03, 1, 2]), new Uint8Array()]);
    expect(chain.certificates[0]?.names).toEqual(['mx.example.org']);
    expect(chain.certificates[1]).toEqual({
      der: '30030102',
      spki: '',
      notBefore: 0,
      notAfter: 0,
      names: [],
      canSign: false,
      signedBy: [],
    });
  });

  it('takes the common name only where there is no DNS name', async () => {
    const bare = await issue({ name: 'MX.example.org' });
    expect(dnsNames(bare.der)).toEqual(['mx.example.org']);
    const both = await issue({ name: 'old.example.org', dns: ['new.example.org'] });
    expect(dnsNames(both.der)).toEqual(['new.example.org']);
    expect(dnsNames((await issue({ name: 'Test Root' })).der)).toEqual([]);
  });
});

describe('one certificate', () => {
  it('is named for ARI with the leading zero of its serial (RFC 9773 §4.1)', async () => {
    const leaf = await issue({ dns: ['mx.example.org'], serial: '0087654321' });
    expect(certId(leaf.der)?.split('.')[1]).toBe('AIdlQyE');
    expect(certId(new Uint8Array([1, 2, 3]))).toBeUndefined();
  });

  it('has its key, and whether it is self-signed', async () => {
    const { leaf, root } = await family(['mx.example.org']);
    expect(isSelfSigned(root.der)).toBe(true);
    expect(isSelfSigned(leaf.der)).toBe(false);
    expect(keyMatches(leaf.keyPem, leaf.der)).toBe(true);
    expect(keyMatches(root.keyPem, leaf.der)).toBe(false);
    expect(() => keyMatches('garbage', leaf.der)).toThrow('the private key cannot be read');
    expect(labelOf(leaf.der)).toEqual({
      subject: 'CN=mx.example.org',
      issuer: 'CN=Test Intermediate',
    });
    expect(validityOfCertificate(leaf.der)?.notBefore).toBe(NOW - 86_400);
  });
});

describe('PEM', () => {
  it('is split with CRLF, text around the blocks and no last newline', async () => {
    const leaf = await issue({ dns: ['mx.example.org'] });
    const other = await issue({ dns: ['mx2.example.org'] });
    const text = `subject: CN=x\r\n${leaf.pem.replace(/\n/g, '\r\n')}\nnoise\n${leaf.keyPem}${other.pem.trim()}`;
    expect(splitPem(text).map(toHex)).toEqual([toHex(leaf.der), toHex(other.der)]);
    expect(() => splitPem('nothing')).toThrow('the text holds no PEM certificate');
  });
});

describe('DER', () => {
  it.each([
    ['an indefinite length', [0x30, 0x80, 0, 0]],
    ['a length that is not minimal', [0x30, 0x81, 0x01, 0]],
    ['a length with a leading zero', [0x30, 0x82, 0x00, 0x80]],
    ['an overrun', [0x30, 0x05, 0]],
    ['a tag of several octets', [0x1f, 0x81, 0x01, 0]],
    ['nothing', []],
    ['a cut length', [0x30, 0x82, 0x01]],
  ])('%s is refused', (_, octets) => {
    expect(() => readElement(new Uint8Array(octets), 0)).toThrow(RangeError);
  });
});
