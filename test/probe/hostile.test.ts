// Hostile servers, on real sockets: each ends in a verdict within the deadline, with any output,
// and nothing of it is kept.
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { PlainProtocol } from '../../src/probe/dialogue.ts';
import { createProbe } from '../../src/probe/tls.ts';
import { plainServer } from './servers.ts';
import { GOOD, PROTOCOLS } from './talk.ts';

/**
 * Too short for what must end at the deadline; long enough on a busy machine for what must end
 * before.
 */
const DEADLINE_MS = { short: 150, long: 5000 };
const MEGABYTE = 1_048_576;

async function look(
  protocol: PlainProtocol | 'tls',
  act: (socket: Socket) => void,
  deadline: keyof typeof DEADLINE_MS = 'long',
): Promise<string> {
  const timeoutMs = DEADLINE_MS[deadline];
  const probe = createProbe({ timeoutMs, clientName: 'probe.example.org' });
  const endpoint = await plainServer(protocol, act);
  const started = performance.now();
  const { status } = await probe.handshake(endpoint, [], {});
  expect(performance.now() - started).toBeLessThan(timeoutMs + 1000);
  return status;
}

/** Sends as much as is read, up to `limit`; returns how much that was. */
function flood(piece: Buffer, limit: number): { act(socket: Socket): void; sent(): number } {
  let sent = 0;
  return {
    sent: () => sent,
    act: (socket) => {
      const more = (): void => {
        while (sent < limit && !socket.destroyed) {
          sent += piece.length;
          if (!socket.write(piece)) return;
        }
      };
      socket.on('drain', more);
      more();
    },
  };
}

/** Answers correctly turn by turn, and then acts; speaks first where its protocol does. */
const afterTurns =
  (protocol: PlainProtocol, count: number, act: (socket: Socket) => void) =>
  (socket: Socket): void => {
    const turns = GOOD[protocol].slice(0, count);
    const clientFirst = /^(xmpp|ldap|postgres)/.test(protocol);
    const next = (): void => {
      const turn = turns.shift();
      if (turn !== undefined) socket.write(turn, 'latin1');
      if (turns.length === 0) {
        socket.off('data', next);
        act(socket);
      }
    };
    if (clientFirst && count > 0) socket.on('data', next);
    else if (count === 0) act(socket);
    else {
      socket.on('data', next);
      next();
    }
  };

describe.each(PROTOCOLS)('%s', (protocol) => {
  test('a line without an end: a gigabyte is not read', async () => {
    const line = flood(Buffer.alloc(65_536, 'x'), 1024 * MEGABYTE);
    const before = process.memoryUsage().rss;
    const status = await look(protocol, line.act);
    expect(status).toBe('protocol-error');
    expect(line.sent()).toBeLessThan(64 * MEGABYTE);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * MEGABYTE);
  });

  test('a greeting without an end', async () => {
    const piece = Buffer.from('220-x\r\n* x\r\n"x"\r\n<x>'.repeat(100));
    const status = await look(protocol, flood(piece, 1024 * MEGABYTE).act);
    expect(status).toBe('protocol-error');
  });

  test('one byte at a time', async () => {
    const status = await look(
      protocol,
      (socket) => {
        const all = GOOD[protocol].join('');
        let at = 0;
        const timer = setInterval(() => socket.write(all.slice(at, (at += 1)), 'latin1'), 40);
        socket.on('close', () => clearInterval(timer));
      },
      'short',
    );
    // PostgreSQL's answer is one byte, and then the client waits for TLS.
    expect(status).toBe('timeout');
  });

  test('garbage', async () => {
    const status = await look(protocol, (socket) => {
      socket.write(Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919 + 13) % 251)));
    });
    expect(status).toBe('protocol-error');
  });

  test('an answer with something behind it', async () => {
    const turns = GOOD[protocol].length;
    const status = await look(
      protocol,
      afterTurns(protocol, turns - 1, (socket) => {
        const last = `${GOOD[protocol].at(-1) ?? ''}injected\r\n`;
        if (turns === 1) socket.write(last, 'latin1');
        else socket.once('data', () => socket.write(last, 'latin1'));
      }),
    );
    expect(status).toBe('protocol-error');
  });

  test('no TLS after the answer: garbage, silence', async () => {
    const turns = GOOD[protocol].length;
    const garbage = afterTurns(protocol, turns, (socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    expect(await look(protocol, garbage)).toBe('tls-failed');
    const silence = afterTurns(protocol, turns, () => undefined);
    expect(await look(protocol, silence, 'short')).toBe('timeout');
  });

  const phases = Array.from({ length: GOOD[protocol].length + 1 }, (_, count) => count);
  test.each(phases)('a reset after %i turns', async (count) => {
    const reset = (socket: Socket): void => void setTimeout(() => socket.resetAndDestroy(), 20);
    const status = await look(protocol, afterTurns(protocol, count, reset));
    const expected = count === GOOD[protocol].length ? 'tls-failed' : 'protocol-error';
    expect(status).toBe(expected);
  });

  test.each(phases.slice(0, -1))('silence after %i turns', async (count) => {
    const status = await look(
      protocol,
      afterTurns(protocol, count, () => undefined),
      'short',
    );
    expect(status).toBe('timeout');
  });
});

describe('TLS from the first byte', () => {
  test('a gigabyte without TLS is not read', async () => {
    const noise = flood(Buffer.alloc(65_536, 'x'), 1024 * MEGABYTE);
    expect(await look('tls', noise.act)).toBe('tls-failed');
    expect(noise.sent()).toBeLessThan(64 * MEGABYTE);
  });

  test('records without end', async () => {
    // Handshake records of 16 KB that belong to one message of 16 MB.
    const record = Buffer.concat([Buffer.from('1603034000', 'hex'), Buffer.alloc(16_384)]);
    const start = Buffer.from('160303000402fffffb', 'hex');
    const status = await look('tls', (socket) => {
      socket.write(start);
      flood(record, 64 * MEGABYTE).act(socket);
    });
    expect(status).toBe('tls-failed');
  });
});
