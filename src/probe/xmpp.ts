// XMPP, between client and server and between servers (RFC 6120 §5.4).
import { domainToUnicode } from 'node:url';
import {
  START,
  noTls,
  protocolError,
  quoted,
  tlsFailed,
  turnedAway,
  type DialogueOutcome,
  type Script,
} from './script.ts';
import { createXmlStream, type XmlElement } from './xml.ts';

const STREAMS = 'http://etherx.jabber.org/streams';
const TLS = 'urn:ietf:params:xml:ns:xmpp-tls';
const ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams';

/** Within TLS no stream is open yet that could be closed. */
export const XMPP_FAREWELL = { plain: '</stream:stream>', secured: '' };

/**
 * Conditions that say that the domain is not served there, or that the stream is not understood
 * (RFC 6120 §4.9.3); any other says "not here, not now".
 */
const OUR_MISTAKE: ReadonlySet<string> = new Set([
  ...['host-unknown', 'host-gone', 'improper-addressing', 'bad-format', 'bad-namespace-prefix'],
  ...['invalid-namespace', 'invalid-xml', 'not-well-formed', 'restricted-xml'],
  ...['unsupported-encoding', 'unsupported-feature', 'unsupported-version', 'no condition'],
]);

export function* xmpp(peer: 'client' | 'server', domain: string): Script {
  const xml = createXmlStream();
  const header = yield* xml.readRoot(streamHeader(peer, domain));
  if (!is(header, STREAMS, 'stream')) return protocolError(`no XMPP stream: ${shown(header)}`);
  // Streams before 1.0 have no features, and would be waited for in vain (RFC 6120 §4.7.5).
  if (!header.attributes.has('version')) return noTls('a stream from before XMPP 1.0');
  const features = yield* xml.readChild('');
  if (!is(features, STREAMS, 'features')) return unexpected(features, domain);
  if (!features.children.some((child) => is(child, TLS, 'starttls'))) {
    return noTls('STARTTLS is not offered');
  }
  const answer = yield* xml.readChild(`<starttls xmlns='${TLS}'/>`);
  if (is(answer, TLS, 'proceed')) return START;
  if (is(answer, TLS, 'failure')) return tlsFailed('STARTTLS: <failure/>');
  return unexpected(answer, domain);
}

function unexpected(element: XmlElement | undefined, domain: string): DialogueOutcome {
  if (!is(element, STREAMS, 'error')) {
    return protocolError(
      element === undefined
        ? 'the server closed the stream'
        : `unexpected element ${shown(element)}`,
    );
  }
  const condition = element.children.find(({ space }) => space === ERRORS)?.name ?? 'no condition';
  const answer = OUR_MISTAKE.has(condition) ? protocolError : turnedAway;
  return answer(`stream error ${quoted(condition)}, the stream was for ${quoted(domain)}`);
}

function streamHeader(peer: 'client' | 'server', domain: string): string {
  // On the wire stand international names as such (RFC 7622 §3.2), in the octets of UTF-8.
  const name = Buffer.from(domainToUnicode(domain) || domain, 'utf8').toString('latin1');
  const to = name.replace(/[&<>'"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return (
    `<?xml version='1.0'?><stream:stream to='${to}' version='1.0' ` +
    `xmlns='jabber:${peer}' xmlns:stream='${STREAMS}'>`
  );
}

function is(element: XmlElement | undefined, space: string, name: string): element is XmlElement {
  return element?.space === space && element.name === name;
}

const shown = ({ name }: XmlElement): string => quoted(`<${name}>`);
