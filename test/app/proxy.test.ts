import { expect, it } from 'vitest';
import { proxyFromEnvironment } from '../../src/app/world/proxy.ts';

it('reads the variables in either case, the lower one first, and guesses nothing', () => {
  const env = { http_proxy: 'http://a:1', HTTP_PROXY: 'http://b:2', NO_PROXY: 'localhost' };
  expect(proxyFromEnvironment(env)).toEqual({ httpProxy: 'http://a:1', noProxy: 'localhost' });
  expect(proxyFromEnvironment({ HTTPS_PROXY: 'http://c:3' })).toEqual({ httpsProxy: 'http://c:3' });
  expect(proxyFromEnvironment({})).toEqual({});
});
