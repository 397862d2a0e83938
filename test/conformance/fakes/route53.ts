import { createHash, createHmac } from 'node:crypto';
import { rdataFromText, tlsaFields } from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide } from '../far-side.ts';

const ID = 'AKIDEXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const SESSION = 'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW';
const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';
/** Smaller than the one that is asked for: more than one page. */
const PAGE = 1;

const markup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const octal = (char: string): string => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
/** Everything except letters, digits, - and _ is written in octal. */
const spelled = (name: string): string => name.replace(/[^a-z0-9_.-]/g, octal);

function answer(name: string, content: string, status = 200): FakeAnswer {
  const body = `<?xml version="1.0"?>\n<${name} xmlns="${NAMESPACE}">${content}</${name}>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function failure(status: number, code: string, message: string): FakeAnswer {
  const error = `<Type>Sender</Type><Code>${code}</Code><Message>${markup(message)}</Message>`;
  const id = '<RequestId>b25f48e8-84fd-11e6-80d9-574e0c4664cb</RequestId>';
  return answer('ErrorResponse', `<Error>${error}</Error>${id}`, status);
}

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Computed from the request as it came, by the steps of "Create a signed AWS API request". */
function authFailure({ method, url, headers, text }: FakeRequest): FakeAnswer | undefined {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/us-east-1\/route53\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;
  const [, id, day = '', names = '', signature] = form.exec(headers.authorization ?? '') ?? [];
  if (id === undefined) return failure(400, 'IncompleteSignature', 'Authorization header');
  if (id !== ID || headers['x-amz-security-token'] !== SESSION) {
    const message = 'The security token included in the request is invalid.';
    return failure(403, 'InvalidClientTokenId', message);
  }
  const signed = names.split(';');
  const must = ['host', 'x-amz-date', 'x-amz-security-token'];
  const stamp = String(headers['x-amz-date']);
  const at = Date.parse(
    stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  if (!(Math.abs(at - Date.now()) < 900_000) || !stamp.startsWith(day)) {
    return failure(403, 'SignatureDoesNotMatch', `Signature expired: ${stamp}`);
  }
  const escape = (part: string): string =>
    [...Buffer.from(part)]
      .map((byte) => {
        const char = String.fromCharCode(byte);
        const hex = byte.toString(16).toUpperCase().padStart(2, '0');
        return /[A-Za-z0-9_.~-]/.test(char) ? char : `%${hex}`;
      })
      .join('');
  const query = [...url.searchParams].map(([key, value]) => `${escape(key)}=${escape(value)}`);
  const lines = signed.map((name) => `${name}:${String(headers[name])}\n`).join('');
  const path = url.pathname.split('/').map(escape).join('/');
  const canonical = `${method}\n${path}\n${query.sort().join('&')}\n${lines}\n${names}\n${sha(text)}`;
  const scope = `${day}/us-east-1/route53/aws4_request`;
  let key = Buffer.from(`AWS4${SECRET}`);
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha(canonical)}`;
  const right = createHmac('sha256', key).update(toSign).digest('hex');
  if (right === signature && must.every((name) => signed.includes(name))) return undefined;
  const message =
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';
  return failure(403, 'SignatureDoesNotMatch', message);
}

/** As it is listed: the same text must be given to delete it. */
function told(far: FarSide, { type, rdata }: FarRecord): string {
  if (type === 'TLSA') {
    const { usage, selector, matchingType, data } = tlsaFields(rdata);
    return `${usage} ${selector} ${matchingType} ${far.hex(data)}`;
  }
  const bytes = Buffer.from(rdata, 'hex');
  const strings: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0)) {
    const part = bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)).toString('latin1');
    const plain = part.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, octal);
    strings.push(`"${plain}"`);
  }
  return strings.join(' ');
}

/** Undefined: not a value of this type. */
function rdataOf(type: RecordType, value: string): RdataHex | undefined {
  if (type !== 'TXT')
    return /^\d \d \d [0-9a-fA-F ]+$/.test(value) ? rdataFromText(type, value) : undefined;
  if (!/^("(?:[^"\\]|\\.)*"\s*)+$/.test(value)) return undefined;
  const strings = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inner = '']) =>
    Buffer.from(
      inner.replace(/\\(?:([0-7]{3})|(.))/g, (_, code?: string, char?: string) =>
        code === undefined ? (char ?? '') : String.fromCharCode(parseInt(code, 8)),
      ),
      'latin1',
    ),
  );
  if (strings.some(({ length }) => length > 255)) return undefined;
  return strings
    .map((part) => Buffer.concat([Buffer.from([part.length]), part]).toString('hex'))
    .join('');
}

interface Change {
  readonly action: string;
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly ttl: number;
  readonly values: readonly string[];
}

/** The form of the request, in the order of the schema; undefined: it is another one. */
function changesIn(text: string): readonly Change[] | undefined {
  const root = 'ChangeResourceRecordSetsRequest';
  const whole = new RegExp(
    `^<\\?xml version="1.0" encoding="UTF-8"\\?>\\s*<${root} xmlns="${NAMESPACE}"><ChangeBatch><Changes>(.+)</Changes></ChangeBatch></${root}>$`,
  );
  const inner = whole.exec(text)?.[1] ?? '';
  const one =
    /<Change><Action>(CREATE|DELETE|UPSERT)<\/Action><ResourceRecordSet><Name>([^<>]+)<\/Name><Type>([A-Z]+)<\/Type><TTL>(\d+)<\/TTL><ResourceRecords>((?:<ResourceRecord><Value>[^<>]+<\/Value><\/ResourceRecord>)+)<\/ResourceRecords><\/ResourceRecordSet><\/Change>/g;
  const found = [...inner.matchAll(one)];
  if (found.length === 0 || inner.replace(one, '') !== '') return undefined;
  const plain = (part = ''): string =>
    part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return found.map(([, action = '', name, type, ttl, records = '']) => ({
    ...{ action, owner: fqdn(plain(name)), type: type as RecordType, ttl: Number(ttl) },
    values: [...records.matchAll(/<Value>([^<]+)<\/Value>/g)].map(([, value]) => plain(value)),
  }));
}

/** Which changes were requested, and how often. */
const asked = new Map<string, number>();

function change(far: FarSide, zoneId: string, { text }: FakeRequest): FakeAnswer {
  const zone = far.zoneById(zoneId);
  if (zone === undefined) {
    return failure(404, 'NoSuchHostedZone', `No hosted zone found with ID: Z${zoneId}`);
  }
  const changes = changesIn(text);
  if (changes === undefined) return failure(400, 'MalformedInput', 'Unexpected element in request');
  const refuse = (why: string): FakeAnswer => failure(400, 'InvalidChangeBatch', `[${why}]`);
  const sets = new Map<string, Change | undefined>();
  for (const item of changes) {
    const { action, owner, type, ttl, values } = item;
    const key = `${owner} ${type}`;
    const set = `resource record set [name='${spelled(owner)}', type='${type}']`;
    const records = far.records(zone, owner, type);
    const now = sets.has(key)
      ? sets.get(key)
      : records[0] && { ttl: records[0].ttl, values: records.map((one) => told(far, one)) };
    if (ttl > 2_147_483_647 || new Set(values).size < values.length) {
      return refuse(`Invalid ${set}: duplicate value, or a TTL that is too long`);
    }
    if (values.some((value) => value.length > 4000 || rdataOf(type, value) === undefined)) {
      return refuse(
        "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered'",
      );
    }
    if (action === 'CREATE' && now !== undefined) {
      return refuse(`Tried to create ${set} but it already exists`);
    }
    if (action === 'DELETE') {
      if (now === undefined) return refuse(`Tried to delete ${set} but it was not found`);
      const isSame =
        now.ttl === ttl && [...now.values].sort().join('\n') === [...values].sort().join('\n');
      if (!isSame) {
        return refuse(
          `Tried to delete ${set} but the values provided do not match the current values`,
        );
      }
    }
    sets.set(key, action === 'DELETE' ? undefined : item);
  }
  for (const { owner, type } of changes) {
    const next = sets.get(`${owner} ${type}`);
    const rdata = (next?.values ?? []).flatMap((value) => rdataOf(type, value) ?? []);
    if (sets.delete(`${owner} ${type}`)) far.replace(zone, owner, type, rdata, next?.ttl ?? 0);
  }
  const id = `C${zone.id}${zone.serial}`;
  asked.set(id, 0);
  return answer('ChangeResourceRecordSetsResponse', changeInfo(id, 'PENDING'));
}

const changeInfo = (id: string, status: string): string =>
  `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status><SubmittedAt>2026-11-21T12:00:00.123Z</SubmittedAt></ChangeInfo>`;

/** `org.example.mx1.` */
const reversed = (name: string): string => name.split('.').reverse().slice(1).join('.') + '.';

function zones(far: FarSide, { url }: FakeRequest): FakeAnswer {
  const start = url.searchParams.get('dnsname');
  const id = url.searchParams.get('hostedzoneid') ?? '';
  // Each name is there twice: once in private.
  const all = far.zones
    .flatMap((zone) => [
      { ...zone, id: `P${zone.id}`, isPrivate: true },
      { ...zone, id: `Z${zone.id}`, isPrivate: false },
    ])
    .sort((a, b) => (`${reversed(a.name)} ${a.id}` < `${reversed(b.name)} ${b.id}` ? -1 : 1))
    .filter((zone) => {
      if (start === null) return true;
      const [own, from] = [reversed(zone.name), reversed(fqdn(start))];
      return own > from || (own === from && zone.id >= id);
    });
  const size = Math.min(PAGE, Number(url.searchParams.get('maxitems') ?? 100));
  const next = all[size];
  const page = all
    .slice(0, size)
    .map(
      ({ id: own, name, isPrivate }) =>
        `<HostedZone><Id>/hostedzone/${own}</Id><Name>${spelled(name)}</Name><CallerReference>x</CallerReference><Config><Comment>a &amp; b</Comment><PrivateZone>${isPrivate}</PrivateZone></Config><ResourceRecordSetCount>2</ResourceRecordSetCount></HostedZone>`,
    );
  const more = next
    ? `<NextDNSName>${spelled(next.name)}</NextDNSName><NextHostedZoneId>${next.id}</NextHostedZoneId>`
    : '';
  const list = page.length === 0 ? '<HostedZones/>' : `<HostedZones>${page.join('')}</HostedZones>`;
  return answer(
    'ListHostedZonesByNameResponse',
    `${list}<IsTruncated>${next !== undefined}</IsTruncated>${more}<MaxItems>${size}</MaxItems>`,
  );
}

function rrsets(far: FarSide, zoneId: string, { url }: FakeRequest): FakeAnswer {
  const zone = far.zoneById(zoneId);
  if (zone === undefined) {
    return failure(404, 'NoSuchHostedZone', `No hosted zone found with ID: Z${zoneId}`);
  }
  const [name, type] = [url.searchParams.get('name'), url.searchParams.get('type')];
  if (type !== null && name === null) return failure(400, 'InvalidInput', 'type without name');
  const keyOf = (owner: string, of: string): string => `${reversed(owner)} ${of}`;
  const start = name === null ? '' : keyOf(spelled(fqdn(name)), type ?? '');
  const keys = new Map(
    zone.records.map((record) => [keyOf(spelled(record.owner), record.type), record]),
  );
  const all = [...keys].filter(([key]) => key >= start).sort(([a], [b]) => (a < b ? -1 : 1));
  const size = Math.min(300, Number(url.searchParams.get('maxitems') ?? 300));
  const sets = all.slice(0, size).map(([, { owner, type: of, ttl }]) => {
    const values = far
      .records(zone, owner, of)
      .map((one) => `<ResourceRecord><Value>${markup(told(far, one))}</Value></ResourceRecord>`);
    return `<ResourceRecordSet><Name>${spelled(owner)}</Name><Type>${of}</Type><TTL>${ttl}</TTL><ResourceRecords>${values.join('')}</ResourceRecords></ResourceRecordSet>`;
  });
  const list = `<ResourceRecordSets>${sets.join('')}</ResourceRecordSets>`;
  const isCut = all.length > size;
  return answer(
    'ListResourceRecordSetsResponse',
    `${list}<IsTruncated>${isCut}</IsTruncated><MaxItems>${size}</MaxItems>`,
  );
}

export const route53: Fake = {
  type: 'route53',
  source:
    'https://docs.aws.amazon.com/Route53/latest/APIReference/, …/DeveloperGuide/DomainNameFormat.html, …/ResourceRecordTypes.html; the service model route53/2013-04-01 of github.com/boto/botocore',
  secrets: [SECRET, SESSION],
  options: (url) => ({
    access_key_id: ID,
    ...{ secret_access_key: SECRET, session_token: SESSION, endpoint: url },
  }),

  answer(request, far) {
    const { method, path } = request;
    const refusal = authFailure(request);
    if (refusal !== undefined) return refusal;
    if (method === 'GET' && path === '/2013-04-01/hostedzonesbyname') return zones(far, request);
    const [, zoneId, end] = /^\/2013-04-01\/hostedzone\/Z(\d+)\/rrset(\/?)$/.exec(path) ?? [];
    if (zoneId !== undefined && method === 'GET' && end === '') return rrsets(far, zoneId, request);
    if (zoneId !== undefined && method === 'POST' && end === '/')
      return change(far, zoneId, request);
    const id = /^\/2013-04-01\/change\/(C\d+)$/.exec(path)?.[1] ?? '';
    const times = asked.get(id);
    if (times === undefined || method !== 'GET') {
      return failure(404, 'NoSuchChange', `Could not find resource with ID: ${id}`);
    }
    asked.set(id, times + 1);
    return answer('GetChangeResponse', changeInfo(id, times === 0 ? 'PENDING' : 'INSYNC'));
  },
};
