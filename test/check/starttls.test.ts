// STARTTLS that is offered in some handshakes and not in others, for either kind of signature.
import { expect, test } from 'vitest';
import type { JudgedService } from '../../src/check/judge/judged-service.ts';
import { endpointFindings } from '../../src/check/rules/endpoints.ts';
import type { EndpointVerdict } from '../../src/check/judge/verdict.ts';

const address = '192.0.2.1';

/** So many handshakes, and in so many of them it was missing. */
function verdict(algorithm: 'ecdsa' | 'rsa', missing: number, of: number): EndpointVerdict {
  return missing > 0
    ? {
        ...{ address, algorithm, outcome: 'no-starttls', times: missing, of },
        look: { status: 'no-tls', detail: 'STARTTLS is not offered' },
      }
    : {
        ...{ address, algorithm, outcome: 'not-offered', times: of, of },
        look: { status: 'no-certificate', detail: 'ERR_SSL_ALERT_HANDSHAKE_FAILURE' },
      };
}

function rules(...verdicts: readonly EndpointVerdict[]): string[] {
  const facts = { addresses: [address], tlsa: { state: 'absent', records: [] } };
  const service = { facts, verdicts } as unknown as JudgedService;
  return endpointFindings(service).map(({ rule, because }) => `${rule}: ${because}`);
}

test('missing in every handshake', () => {
  expect(rules(verdict('ecdsa', 2, 2), verdict('rsa', 2, 2))).toEqual([
    'no-starttls: STARTTLS is not offered',
  ]);
});

test('missing in some handshakes for one kind of signature', () => {
  expect(rules(verdict('ecdsa', 1, 4), verdict('rsa', 0, 1))).toEqual([
    'starttls-sometimes: STARTTLS was missing in 1 of 5 handshakes',
  ]);
});

test('missing in every handshake for one kind, and offered for the other', () => {
  expect(rules(verdict('ecdsa', 4, 4), verdict('rsa', 0, 1))).toEqual([
    'starttls-sometimes: STARTTLS was missing in 4 of 5 handshakes',
  ]);
});
