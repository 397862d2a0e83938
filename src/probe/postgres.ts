// PostgreSQL: an SSLRequest, and one octet for an answer. (The protocol's documentation, "SSL
// Session Encryption".)
import { START, noTls, octets, protocolError, quoted, turnedAway, type Script } from './script.ts';

/** Length 8, and the number in place of a version: 1234.5679. */
const SSL_REQUEST = '\x00\x00\x00\x08\x04\xd2\x16\x2f';

export function* postgres(): Script {
  const answer: string = yield octets(1, SSL_REQUEST);
  if (answer === 'S') return START;
  if (answer === 'N') return noTls('the server answers N: no TLS');
  // The text of the error is not read: it is not authenticated (CVE-2024-10977).
  if (answer === 'E') return turnedAway('the server answers with an error, see its log');
  return protocolError(`answer to SSLRequest: ${quoted(answer)}`);
}
