// A server that repeats the request: none of its secrets is in an error, and so in no log, state or
// message.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { maskedPort } from '../../src/app/world/masked.ts';
import { providerTools } from '../../src/app/world/provider-tools.ts';
import { providersOf } from '../../src/app/world/providers.ts';
import { AppError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/log.ts';
import { withEdge } from '../../src/cli/terminal/edge.ts';
import { parseConfig } from '../../src/config/load.ts';
import { fqdn } from '../../src/dns/name.ts';
import { registerSecret } from '../../src/observe/redact.ts';
import type { Resolver } from '../../src/ports/resolver.ts';

const TOKEN = 'tok-3nTir3ly-secret/with+signs';
const ZONE = fqdn('example.org');

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function failure(act: Promise<unknown>): Promise<AppError> {
  const error: unknown = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

const whole = ({ message, hint, details, stack, cause }: AppError): string =>
  JSON.stringify([message, hint, details, stack, String(cause)]);

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holger-masked-'));
  cleanups.push(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, 'token'), `${TOKEN}\n`, { mode: 0o600 });
  return dir;
}

function providerOf(config: string, dir: string) {
  const tools = providerTools({
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    logger: silentLogger,
    resolver: {} as Resolver,
    userAgent: 'holger/0',
    byHand: () => undefined,
  });
  cleanups.push(() => tools.close());
  return providersOf(parseConfig(config, join(dir, 'config.toml')), tools)(ZONE, 'acme');
}

describe('K27: a secret that the server repeats', () => {
  it.each([
    ['refuses', 403, { detail: `the token ${TOKEN} may not do this` }],
    ['fails', 500, { error: `Token ${encodeURIComponent(TOKEN)}` }],
    ['answers nonsense', 200, { nonsense: `Authorization: ${TOKEN}` }],
  ])('an API that %s', async (_, status, body) => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(status).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const dir = await folder();
    const provider = providerOf(
      `[provider.p]\ntype = "desec"\nendpoint = "http://127.0.0.1:${port}"\ntoken = { file = "token" }\n`,
      dir,
    );
    const error = await failure(provider.read(ZONE, fqdn(`a.${ZONE}`), 'TXT', {}));
    expect(whole(error)).not.toContain(TOKEN);
    expect(whole(error)).not.toContain(encodeURIComponent(TOKEN));
  });

  it('any port, in message, hint and details; an error without secrets stays the same error', async () => {
    registerSecret(TOKEN);
    const dirty = new AppError('PROVIDER_FAILED', `said ${TOKEN}`, {
      ...{ hint: `not ${TOKEN}`, details: { body: { deep: [TOKEN] } }, notBefore: 7 },
      cause: new Error(TOKEN),
    });
    const clean = new AppError('PROVIDER_FAILED', 'said nothing');
    const port = maskedPort({
      name: 'API',
      fails: (error: Error) => Promise.reject(error),
      works: (value: number) => Promise.resolve(value),
    });
    const error = await failure(port.fails(dirty));
    expect(whole(error)).not.toContain(TOKEN);
    expect(error).toMatchObject({ code: 'PROVIDER_FAILED', notBefore: 7 });
    expect(await failure(port.fails(clean))).toBe(clean);
    expect(await port.works(3)).toBe(3);
    expect(port.name).toBe('API');
  });

  it('is masked again where text is printed, on stdout as on stderr', () => {
    registerSecret(TOKEN);
    let told = '';
    const say = (text: string): void => void (told += text);
    const io = withEdge(
      {
        ...{ out: say, err: say, drained: () => Promise.resolve(), terminal: false },
        ...{ now: () => 0, signal: new AbortController().signal },
      },
      () => 'auto',
    );
    io.out(`{"said": "${TOKEN}"}\n`);
    io.err(`said ${TOKEN}\n`);
    expect(told).toContain('said');
    expect(told).not.toContain(TOKEN);
  });
});
