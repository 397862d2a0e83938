// PKCS#12 (RFC 7292): private key and certificates in one file under a password, as Java and
// Windows read them. What is read is what another program left in place of the file that holger
// wrote, so a file that holger would not write is one that cannot be opened.
import { createHash, createPrivateKey } from 'node:crypto';
import {
  AuthenticatedSafe,
  CertBag,
  id_certBag,
  id_pkcs8ShroudedKeyBag,
  id_x509Certificate,
  PFX,
  PKCS12Attribute,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
} from '@peculiar/asn1-pfx';
import {
  ContentInfo,
  EncryptedContent,
  EncryptedContentInfo,
  id_data,
  id_encryptedData,
} from '@peculiar/asn1-cms';
import {
  AsnBmpStringConverter,
  AsnConvert,
  AsnProp,
  AsnPropTypes,
  OctetString,
} from '@peculiar/asn1-schema';
import { readElement } from './der.ts';
import { readPrivateKey } from './keys.ts';
import { pemOf } from './pem.ts';
import { decrypt, encrypt, isAuthentic, macOf } from './pkcs12-protection.ts';

const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';

export interface Pkcs12Content {
  readonly keyPem: string;
  /** In DER, the certificate of the key first. */
  readonly certificates: readonly Uint8Array[];
  /** The friendly name of the key; Java calls it alias. */
  readonly name: string;
}

/** RFC 5652 §8, for which the library has no class. */
class EncryptedData {
  version = 0;
  encryptedContentInfo = new EncryptedContentInfo();
}
AsnProp({ type: AsnPropTypes.Integer })(EncryptedData.prototype, 'version');
AsnProp({ type: EncryptedContentInfo })(EncryptedData.prototype, 'encryptedContentInfo');

/**
 * Two calls give two files: salts are random. @throws AppError INPUT_INVALID for a key that cannot
 * be read
 */
export async function createPkcs12(
  { keyPem, certificates, name }: Pkcs12Content,
  password: string,
): Promise<Buffer> {
  const [leaf = new Uint8Array()] = certificates;
  // A reader finds the certificate of a key by this number.
  const id = createHash('sha256').update(leaf).digest();
  const attributes = [
    attribute(FRIENDLY_NAME, AsnBmpStringConverter.toASN(name).toBER()),
    attribute(LOCAL_KEY_ID, AsnConvert.serialize(new OctetString(id))),
  ];
  const bags = certificates.map((der) => certificateBag(der, der === leaf ? attributes : []));
  const safe = new AuthenticatedSafe([
    await encryptedSafe(bags, password),
    plainSafe([await keyBag(keyPem, attributes, password)]),
  ]);
  const octets = Buffer.from(AsnConvert.serialize(safe));
  const authSafe = dataOf(octets);
  return Buffer.from(AsnConvert.serialize(new PFX({ authSafe, macData: macOf(octets, password) })));
}

function certificateBag(der: Uint8Array, attributes: PKCS12Attribute[]): SafeBag {
  const certValue = AsnConvert.serialize(new OctetString(der));
  const bag = new CertBag({ certId: id_x509Certificate, certValue });
  return bagOf(id_certBag, AsnConvert.serialize(bag), attributes);
}

async function keyBag(
  keyPem: string,
  attributes: PKCS12Attribute[],
  password: string,
): Promise<SafeBag> {
  const der = readPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  const { algorithm, content } = await encrypt(der, password);
  const bag = new PKCS8ShroudedKeyBag({
    encryptionAlgorithm: algorithm,
    encryptedData: new OctetString(content),
  });
  return bagOf(id_pkcs8ShroudedKeyBag, AsnConvert.serialize(bag), attributes);
}

function bagOf(bagId: string, bagValue: ArrayBuffer, attributes: PKCS12Attribute[]): SafeBag {
  return new SafeBag({
    ...{ bagId, bagValue },
    ...(attributes.length === 0 ? {} : { bagAttributes: attributes }),
  });
}

/** The constructor of the library takes no values. */
function attribute(attrId: string, value: ArrayBuffer): PKCS12Attribute {
  return Object.assign(new PKCS12Attribute(), { attrId, attrValues: [value] });
}

function dataOf(octets: Uint8Array): ContentInfo {
  const content = AsnConvert.serialize(new OctetString(octets));
  return new ContentInfo({ contentType: id_data, content });
}

/** What is in its bags is encrypted bag by bag. */
function plainSafe(bags: SafeBag[]): ContentInfo {
  return dataOf(new Uint8Array(AsnConvert.serialize(new SafeContents(bags))));
}

async function encryptedSafe(bags: SafeBag[], password: string): Promise<ContentInfo> {
  const octets = new Uint8Array(AsnConvert.serialize(new SafeContents(bags)));
  const { algorithm, content } = await encrypt(octets, password);
  const data = new EncryptedData();
  data.encryptedContentInfo = new EncryptedContentInfo({
    contentType: id_data,
    contentEncryptionAlgorithm: algorithm,
    encryptedContent: new EncryptedContent({ value: new OctetString(content) }),
  });
  return new ContentInfo({ contentType: id_encryptedData, content: AsnConvert.serialize(data) });
}

/** Undefined: the password does not open it, it has no key, or holger would not write it so. */
export async function openPkcs12(
  octets: Uint8Array,
  password: string,
): Promise<Pkcs12Content | undefined> {
  try {
    if (readElement(octets, 0).end !== octets.length) return undefined;
    const { authSafe, macData } = AsnConvert.parse(octets, PFX);
    const safe = dataIn(authSafe);
    if (!isAuthentic(safe, macData, password)) return undefined;
    const bags: SafeBag[] = [];
    for (const content of AsnConvert.parse(safe, AuthenticatedSafe)) {
      bags.push(...(await bagsIn(content, password)));
    }
    return await contentOf(bags, password);
  } catch {
    // The parser, the cipher and the key each throw their own errors.
    return undefined;
  }
}

function dataIn({ contentType, content }: ContentInfo): Buffer {
  if (contentType !== id_data) throw new RangeError(`content of type ${contentType}`);
  return Buffer.from(AsnConvert.parse(content, OctetString).buffer);
}

async function bagsIn(content: ContentInfo, password: string): Promise<readonly SafeBag[]> {
  const octets =
    content.contentType === id_encryptedData
      ? await decryptedIn(content, password)
      : dataIn(content);
  return AsnConvert.parse(octets, SafeContents);
}

function decryptedIn({ content }: ContentInfo, password: string): Promise<Buffer> {
  const { encryptedContentInfo: info } = AsnConvert.parse(content, EncryptedData);
  const octets = new Uint8Array(info.encryptedContent?.value?.buffer ?? new ArrayBuffer(0));
  return decrypt({ algorithm: info.contentEncryptionAlgorithm, content: octets }, password);
}

async function contentOf(
  bags: readonly SafeBag[],
  password: string,
): Promise<Pkcs12Content | undefined> {
  const [key, another] = bags.filter(({ bagId }) => bagId === id_pkcs8ShroudedKeyBag);
  const certificates = bags.flatMap(({ bagId, bagValue }) =>
    bagId === id_certBag ? certificateIn(bagValue) : [],
  );
  const isAll = bags.length === certificates.length + 1;
  if (key === undefined || another !== undefined || !isAll) return undefined;
  const { encryptionAlgorithm, encryptedData } = AsnConvert.parse(
    key.bagValue,
    PKCS8ShroudedKeyBag,
  );
  const content = new Uint8Array(encryptedData.buffer);
  const der = await decrypt({ algorithm: encryptionAlgorithm, content }, password);
  // Refuses what is not a key.
  createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { keyPem: pemOf('PRIVATE KEY', der), certificates, name: nameOf(key) };
}

function certificateIn(bagValue: ArrayBuffer): readonly Uint8Array[] {
  const { certId, certValue } = AsnConvert.parse(bagValue, CertBag);
  if (certId !== id_x509Certificate) return [];
  return [new Uint8Array(AsnConvert.parse(certValue, OctetString).buffer)];
}

function nameOf({ bagAttributes = [] }: SafeBag): string {
  const [value] = bagAttributes.find(({ attrId }) => attrId === FRIENDLY_NAME)?.attrValues ?? [];
  if (value === undefined) return '';
  const octets = new Uint8Array(value);
  return Buffer.from(octets.subarray(readElement(octets, 0).body))
    .swap16()
    .toString('utf16le');
}
