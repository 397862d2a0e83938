// Certificates of the CA simulator, made from the requests that it gets.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { certId } from '../../src/x509/certificate.ts';
import { issue, type Party } from './ca.ts';
import { pemOf } from '../../src/x509/pem.ts';

const DAY = 86_400;

/** What is wrong with a chain. */
export type Mistake =
  'other key' | 'lacks a name' | 'expired' | 'no leaf' | 'leaf last' | 'other issuer';

export interface Certified {
  readonly certId: string;
  readonly names: readonly string[];
  /** As it is downloaded. */
  readonly chain: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Authority {
  readonly root: Party;
  readonly intermediate: Party;
}

export async function newAuthority(notAfter: number): Promise<Authority> {
  const root = await issue({ name: 'Simulated Root', ca: true, notAfter });
  const wish = { name: 'Simulated Intermediate', ca: true, pathLength: 0, notAfter };
  return { root, intermediate: await issue({ ...wish, issuer: root }) };
}

export interface CertificateWish {
  readonly now: number;
  readonly days: number;
  readonly mistake?: Mistake | undefined;
}

let serial = 0x1000;

/** The names of a request are the ones of its order (RFC 8555 §7.4); else undefined: badCSR. */
export async function certify(
  csr: Uint8Array,
  ordered: readonly string[],
  { root, intermediate }: Authority,
  { now, days, mistake }: CertificateWish,
): Promise<Certified | undefined> {
  const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csr).buffer);
  const names = namesIn(request);
  if ([...names].sort().join() !== [...ordered].sort().join()) return undefined;
  const notBefore = mistake === 'expired' ? now - (days + 1) * DAY : now - 3600;
  const notAfter = notBefore + days * DAY;
  const listed = mistake === 'lacks a name' ? [...names.slice(1), 'other.test'] : names;
  const other = mistake === 'other key' ? await issue({ dns: ['other.test'] }) : undefined;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `00${(serial++).toString(16).padStart(8, '8')}`,
    subject: '',
    issuer: intermediate.subject,
    notBefore: new Date(notBefore * 1000),
    notAfter: new Date(notAfter * 1000),
    publicKey: other?.keys.publicKey ?? (await request.publicKey.export(webcrypto)),
    signingKey: intermediate.keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        listed.map((value) => ({ type: 'dns', value }) as const),
        true,
      ),
      await x509.AuthorityKeyIdentifierExtension.create(intermediate.keys.publicKey),
    ],
  });
  const der = new Uint8Array(certificate.rawData);
  const leaf = pemOf('CERTIFICATE', der);
  const chain = chainWith(leaf, { root, intermediate }, mistake);
  return { certId: certId(der) ?? '', names: listed, chain, notBefore, notAfter };
}

function chainWith(leaf: string, { root, intermediate }: Authority, mistake?: Mistake): string {
  if (mistake === 'no leaf') return intermediate.pem;
  if (mistake === 'leaf last') return intermediate.pem + leaf;
  if (mistake === 'other issuer') return leaf + root.pem;
  return leaf + intermediate.pem;
}

/** id-ce-subjectAltName (RFC 5280 §4.2.1.6). */
const SUBJECT_ALT_NAME = '2.5.29.17';

function namesIn(request: x509.Pkcs10CertificateRequest): string[] {
  const raw = request.getExtension(SUBJECT_ALT_NAME)?.rawData;
  if (raw === undefined) return [];
  return new x509.SubjectAlternativeNameExtension(raw).names.items.map(({ value }) => value);
}
