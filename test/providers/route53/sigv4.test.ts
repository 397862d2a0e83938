// Signatures that AWS published: the Signature Version 4 test suite (github.com/awslabs/aws-c-auth,
// tests/aws-signing-test-suite/v4), under the names of its cases. Those about relative paths and
// repeated header lines have no counterpart here.
import { describe, expect, it } from 'vitest';
import { authorization } from '../../../providers/route53/sigv4.ts';
import type { Unsigned } from '../../../providers/route53/sigv4.ts';

const KEY = {
  ...{ id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  ...{ region: 'us-east-1', service: 'service' },
};
const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM_HASH = '9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e';

const CASES: readonly [name: string, request: Partial<Unsigned>, signature: string][] = [
  ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-vanilla-query-order-key-case',
    { query: Object.entries({ Param2: 'value2', Param1: 'value1' }) },
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-order-value',
    {
      query: [
        ['Param1', 'value2'],
        ['Param1', 'value1'],
      ],
    },
    '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  ],
  [
    'get-vanilla-query-order-encoded',
    { query: Object.entries({ 'Param-3': 'Value3', Param: 'Value2', ሴ: 'Value1' }) },
    '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  ],
  [
    'get-vanilla-query-unreserved',
    { query: [[UNRESERVED, UNRESERVED]] },
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  [
    'get-vanilla-utf8-query',
    { query: [['ሴ', 'bar']] },
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  ],
  [
    'get-unreserved',
    { path: `/${UNRESERVED}` },
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  ['get-utf8', { path: '/ሴ' }, '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
  [
    'get-space-unnormalized',
    { path: '/example space/' },
    '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
  ],
  [
    'get-header-value-trim',
    { headers: { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' } },
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'get-vanilla-with-session-token',
    {
      headers: {
        'X-Amz-Security-Token': '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267',
      },
    },
    '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
  ],
  [
    'post-vanilla',
    { method: 'POST' },
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'post-header-key-sort',
    { method: 'POST', headers: { 'My-Header1': 'value1' } },
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  ],
  [
    'post-x-www-form-urlencoded',
    {
      ...{ method: 'POST', body: 'Param1=value1' },
      headers: {
        ...{ 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '13' },
        'X-Amz-Content-Sha256': FORM_HASH,
      },
    },
    'd3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b',
  ],
];

describe('AWS Signature Version 4', () => {
  it.each(CASES)('signs %s as published', (_name, request, signature) => {
    const own = { Host: 'example.amazonaws.com', 'X-Amz-Date': '20150830T123600Z' };
    const headers = { ...own, ...request.headers };
    const whole = { method: 'GET', path: '/', query: [], body: '', ...request, headers };
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    expect(authorization(whole, KEY)).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names.sort().join(';')}, Signature=${signature}`,
    );
  });
});
