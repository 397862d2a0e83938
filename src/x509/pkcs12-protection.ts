// How the password protects a PKCS#12 file: PBES2 (RFC 8018 §6.2) encrypts what is in it, and a MAC
// with a key of its own (RFC 7292 appendix B) shows changes. One choice of algorithms is written,
// and nothing else is read: it is what OpenSSL 3, Java 17 and Windows write today.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  pbkdf2,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { AsnConvert, AsnProp, AsnPropTypes, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { MacData } from '@peculiar/asn1-pfx';

/** Those of Java's keytool. Many more would make each comparison slow, and some readers refuse. */
const ITERATIONS = 10_000;
/** Other programs may have written the file that is read: its count must not stop the run. */
const MOST_ITERATIONS = 100_000;
const SALT_OCTETS = 16;
const KEY_OCTETS = 32;
const IV_OCTETS = 16;
/** The block of SHA-256: `v` of RFC 7292 appendix B. */
const BLOCK_OCTETS = 64;
/** The purpose of a key: integrity (RFC 7292 appendix B.3). */
const FOR_MAC = 3;

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const AES256_CBC = '2.16.840.1.101.3.4.1.42';
const SHA256 = '2.16.840.1.101.3.4.2.1';

/** RFC 8018 appendix A.4. */
class Pbes2Params {
  keyDerivationFunc = new AlgorithmIdentifier();
  encryptionScheme = new AlgorithmIdentifier();
}
AsnProp({ type: AlgorithmIdentifier })(Pbes2Params.prototype, 'keyDerivationFunc');
AsnProp({ type: AlgorithmIdentifier })(Pbes2Params.prototype, 'encryptionScheme');

/** RFC 8018 appendix A.2. */
class Pbkdf2Params {
  salt = new OctetString();
  iterationCount = ITERATIONS;
  keyLength?: number;
  prf?: AlgorithmIdentifier;
}
AsnProp({ type: OctetString })(Pbkdf2Params.prototype, 'salt');
AsnProp({ type: AsnPropTypes.Integer })(Pbkdf2Params.prototype, 'iterationCount');
AsnProp({ type: AsnPropTypes.Integer, optional: true })(Pbkdf2Params.prototype, 'keyLength');
AsnProp({ type: AlgorithmIdentifier, optional: true })(Pbkdf2Params.prototype, 'prf');

export interface Encrypted {
  readonly algorithm: AlgorithmIdentifier;
  readonly content: Uint8Array;
}

export async function encrypt(octets: Uint8Array, password: string): Promise<Encrypted> {
  const derivation = new Pbkdf2Params();
  derivation.salt = new OctetString(randomBytes(SALT_OCTETS));
  derivation.prf = identifier(HMAC_SHA256, null);
  const iv = randomBytes(IV_OCTETS);
  const params = new Pbes2Params();
  params.keyDerivationFunc = identifier(PBKDF2, AsnConvert.serialize(derivation));
  params.encryptionScheme = identifier(AES256_CBC, AsnConvert.serialize(new OctetString(iv)));
  const cipher = createCipheriv('aes-256-cbc', await keyFrom(password, derivation), iv);
  const content = Buffer.concat([cipher.update(octets), cipher.final()]);
  return { algorithm: identifier(PBES2, AsnConvert.serialize(params)), content };
}

/** @throws Error for other algorithms, a damaged content or another password */
export async function decrypt(
  { algorithm, content }: Encrypted,
  password: string,
): Promise<Buffer> {
  const params = AsnConvert.parse(parametersOf(algorithm, PBES2), Pbes2Params);
  const derivation = AsnConvert.parse(parametersOf(params.keyDerivationFunc, PBKDF2), Pbkdf2Params);
  const iv = AsnConvert.parse(parametersOf(params.encryptionScheme, AES256_CBC), OctetString);
  if (derivation.prf?.algorithm !== HMAC_SHA256) throw new RangeError('another PRF');
  if (derivation.iterationCount > MOST_ITERATIONS) throw new RangeError('too many iterations');
  const key = await keyFrom(password, derivation);
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv.buffer));
  return Buffer.concat([decipher.update(content), decipher.final()]);
}

/** PBKDF2 takes the password in UTF-8, as OpenSSL and Java give it. */
function keyFrom(password: string, { salt, iterationCount }: Pbkdf2Params): Promise<Buffer> {
  const octets = Buffer.from(salt.buffer);
  return promisify(pbkdf2)(password, octets, iterationCount, KEY_OCTETS, 'sha256');
}

export function macOf(octets: Uint8Array, password: string): MacData {
  const salt = randomBytes(SALT_OCTETS);
  const mac = new MacData({ macSalt: new OctetString(salt), iterations: ITERATIONS });
  mac.mac.digestAlgorithm = identifier(SHA256, null);
  mac.mac.digest = new OctetString(digestOf(octets, macKey(password, salt, ITERATIONS)));
  return mac;
}

/** Whether someone who knows the password wrote this, and nothing was changed since. */
export function isAuthentic(octets: Uint8Array, mac: MacData, password: string): boolean {
  const { iterations, macSalt } = mac;
  const { digest, digestAlgorithm } = mac.mac;
  if (digestAlgorithm.algorithm !== SHA256 || iterations > MOST_ITERATIONS) return false;
  const found = Buffer.from(digest.buffer);
  const wanted = digestOf(octets, macKey(password, Buffer.from(macSalt.buffer), iterations));
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}

const digestOf = (octets: Uint8Array, key: Uint8Array): Buffer =>
  createHmac('sha256', key).update(octets).digest();

/** RFC 7292 appendix B.2, where the key is as long as one digest: its loop ends after one round. */
function macKey(password: string, salt: Buffer, iterations: number): Buffer {
  const blocks = [Buffer.alloc(BLOCK_OCTETS, FOR_MAC), filled(salt), filled(bmpOf(password))];
  let key: Buffer = hash('sha256', Buffer.concat(blocks), 'buffer');
  for (let done = 1; done < iterations; done++) key = hash('sha256', key, 'buffer');
  return key;
}

/** Repeated to whole blocks. */
function filled(octets: Buffer): Buffer {
  return Buffer.alloc(Math.ceil(octets.length / BLOCK_OCTETS) * BLOCK_OCTETS, octets);
}

/** RFC 7292 appendix B.1: UTF-16, the high octet first, with an end of two zero octets. */
function bmpOf(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16();
}

function identifier(algorithm: string, parameters: ArrayBuffer | null): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm, parameters });
}

function parametersOf({ algorithm, parameters }: AlgorithmIdentifier, wanted: string): ArrayBuffer {
  if (algorithm === wanted && parameters instanceof ArrayBuffer) return parameters;
  throw new RangeError(`algorithm ${algorithm} where ${wanted} was expected`);
}
