// Resources that this machine has used up while connections are made.
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openSocket } from '../../src/probe/connect.ts';
import { createSteps } from '../../src/probe/steps.ts';

const codes: string[] = [];
let tries = 0;
vi.mock('node:net', async (original) => ({
  ...(await original<object>()),
  connect: () => {
    tries += 1;
    const socket = Object.assign(new EventEmitter(), { destroy: () => undefined });
    const code = codes.length > 1 ? codes.shift() : codes[0];
    setImmediate(() => {
      if (code === 'ok') socket.emit('connect');
      else socket.emit('error', Object.assign(new Error(`connect ${code}`), { code }));
    });
    return socket as unknown as Socket;
  },
}));
beforeEach(() => (tries = 0));

async function open(address: string, ...answers: readonly string[]): Promise<unknown> {
  codes.splice(0, codes.length, ...answers);
  const steps = createSteps(undefined, 350);
  try {
    await openSocket({ address, port: 25, protocol: 'smtp', serverName: 'mx1.example.org' }, steps);
    return { status: 'open' };
  } catch (error) {
    return (error as { answer: unknown }).answer;
  } finally {
    steps.end();
  }
}

describe('K18: what this machine lacks is not a failure of a server', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])(
    '%s is waited for, and passes',
    async (code) => {
      expect(await open('192.0.2.1', code, code, 'ok')).toEqual({ status: 'open' });
      expect(tries).toBe(3);
    },
  );

  it('EMFILE that does not pass is reported as EMFILE', async () => {
    expect(await open('192.0.2.1', 'EMFILE')).toEqual({
      status: 'out-of-resources',
      detail: 'EMFILE: this process may open no more files (ulimit -n)',
    });
    expect(tries).toBeGreaterThan(1);
  });

  it.each([
    ['2001:db8::1', 'EADDRNOTAVAIL', 'no-route'],
    ['2001:db8::1', 'ENETUNREACH', 'no-route'],
    ['192.0.2.1', 'ENETUNREACH', 'no-route'],
    ['192.0.2.1', 'EHOSTUNREACH', 'unreachable'],
    ['192.0.2.1', 'EPERM', 'unreachable'],
    ['192.0.2.1', 'ECONNREFUSED', 'refused'],
  ])('%s, %s: %s, at once', async (address, code, status) => {
    expect(await open(address, code)).toMatchObject({ status });
    expect(tries).toBe(1);
  });
});
