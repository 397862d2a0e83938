// "Ready" means that the real thing happens: a signed answer on both address families, an AD bit, a
// TLS handshake.

import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { run } from './processes.ts';
import type { Host } from './topology.ts';

export async function answersSigned(host: Host, zone: string, type = 'SOA'): Promise<boolean> {
  const answers = await Promise.all(
    [host.v4, host.v6].map((address) =>
      dig(['+norec', '+dnssec', '+time=1', '+tries=1', `@${address}`, zone, type]),
    ),
  );
  return answers.every((answer) => new RegExp(`\\sRRSIG\\s+${type}\\s`).test(answer));
}

export async function authentic(resolver: Host, zone: string): Promise<boolean> {
  const answer = await dig(['+dnssec', '+time=2', '+tries=1', `@${resolver.v4}`, zone, 'SOA']);
  return /flags:[^;]* ad[ ;]/.test(answer);
}

export async function respondsWithTls(host: Host, port: number): Promise<boolean> {
  const ends = await Promise.all(
    [host.v4, `[${host.v6}]`].map((address) => {
      const starttls = port === 25 ? ['-starttls', 'smtp'] : [];
      return run(['openssl', 's_client', ...starttls, '-connect', `${address}:${port}`], {
        timeoutMs: 2_000,
      });
    }),
  );
  return ends.every((end) => end.stdout.includes('BEGIN CERTIFICATE'));
}

/** No more than a connection: for servers whose answers are what a test is about. */
export const accepts = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, address, () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

export const servesDirectory = async (issuer: {
  directory: string;
  caFile: string;
}): Promise<boolean> => (await fetchText(issuer.directory, issuer.caFile)).includes('newOrder');

/**
 * The body of a 200 from Pebble, also from its management port (`/roots/0`, `/intermediates/0`).
 */
export function fetchText(url: string, caFile: string): Promise<string> {
  // Pebble refuses requests without a User-Agent, as RFC 8555 §6.1 requires.
  const options = { ca: readFileSync(caFile), agent: false, headers: { 'User-Agent': 'lab' } };
  return new Promise((resolve, reject) => {
    const request = get(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`${url}: status ${response.statusCode}`));
      });
    });
    request.setTimeout(1_000, () => request.destroy(new Error(`${url}: no answer`)));
    request.on('error', reject);
  });
}

export async function dig(args: readonly string[]): Promise<string> {
  return (await run(['dig', ...args], { timeoutMs: 10_000 })).stdout;
}
