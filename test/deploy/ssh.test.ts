// The target ssh against holger-receive itself; sshd is in test/real/other-machines.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSshTarget } from '../../src/deploy/remote/ssh.ts';
import type { DeployPackage, DeployTarget } from '../../src/ports/target.ts';
import { requestFrom } from '../../src/x509/request.ts';
import { Host, SCRIPT, certificateFor, fits, pair } from '../receive/host.ts';
import type { Pair } from '../receive/host.ts';
import { SHELLS } from '../receive/shells.ts';

const A = pair('a.example');
const B = pair('b.example');

/** As sshd starts the forced command: all words after "--" and the host. */
function sshOf(host: Host, before = ''): readonly string[] {
  const file = host.at('ssh');
  writeFileSync(
    file,
    `#!/bin/sh\n${before}\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexport SSH_ORIGINAL_COMMAND="$*"\nexec sh ${SCRIPT} -c ${host.at('receive.conf')}\n`,
  );
  chmodSync(file, 0o755);
  return [file];
}

function made(before?: string): { readonly host: Host; readonly target: DeployTarget } {
  const [shell] = SHELLS;
  if (shell === undefined) throw new Error('no shell');
  const host = new Host(shell);
  return { host, target: targetOf(host, 'mx1', before) };
}

function targetOf(host: Host, name = 'mx1', before?: string): DeployTarget {
  const options = {
    ...{ target: 'mx', name, host: 'mx1.example.org', port: undefined, user: undefined },
    ...{ sshConfig: undefined, identityFile: undefined, timeout: 20 },
  };
  return createSshTarget(options, sshOf(host, before));
}

function what(one: Pair, generation: number, number = 5, before?: number): DeployPackage {
  const { key, certificate } = one;
  return {
    ...{ certificate: 'mail', generation, domains: ['a.example'], folder: '/nowhere' },
    pems: { privkey: key, cert: certificate, chain: certificate, fullchain: certificate.repeat(2) },
    ...{ isOurs: () => Promise.resolve(false), fence: { number, before } },
  };
}

const loaded = (host: Host): string => host.read('tls/mx1.pem');

describe('a target on another machine', { timeout: 60_000 }, () => {
  it('is sent a generation first, which changes nothing there, and loads it later', async () => {
    const { host, target } = made();
    await target.stage?.(what(A, 1));
    expect(await target.placed({})).toEqual([]);
    expect(await target.differences(what(A, 1))).toEqual(['mx mx1 live is nothing yet']);
    await target.place(what(A, 1));
    await target.reload(what(A, 1));
    expect(fits(host.read('tls/mx1.key'), loaded(host))).toBe(true);
    expect(await target.placed({})).toEqual([
      { place: 'mx mx1 live', pem: A.certificate.repeat(2) },
    ]);
    expect(await target.differences(what(A, 1))).toEqual([]);
    expect(await target.differences(what(B, 2))).toEqual(['mx mx1 live is another generation']);
  });

  it('gets what it lacks when it is to load it', async () => {
    const { host, target } = made();
    await target.place(what(A, 1));
    expect(loaded(host)).toBe(A.certificate.repeat(2));
  });

  it('reports the chain of a file that others have put in place', async () => {
    const { host, target } = made();
    writeFileSync(host.at('tls/mx1.pem'), B.certificate);
    expect(await target.placed({})).toEqual([{ place: 'mx mx1 fullchain', pem: B.certificate }]);
    await target.place(what(A, 1));
    rmSync(host.at('tls/mx1.pem'));
    writeFileSync(host.at('tls/mx1.pem'), B.key + B.certificate);
    const again = targetOf(host);
    const places = (await again.placed({})).map(({ place, pem }) => [place, pem]);
    expect(places).toEqual([
      ['mx mx1 live', A.certificate.repeat(2)],
      ['mx mx1 fullchain', B.certificate],
    ]);
    expect(await again.differences(what(A, 1))).toEqual([
      'mx mx1 fullchain is not the file of the live generation',
    ]);
    await again.place(what(A, 1));
    expect(loaded(host)).toBe(A.certificate.repeat(2));
  });

  it('has numbers of its own when the state here was lost', async () => {
    const { host, target } = made();
    await target.place(what(A, 1));
    const later = targetOf(host);
    await later.place(what(B, 1, 6));
    expect(loaded(host)).toBe(B.certificate.repeat(2));
    expect(await later.differences(what(B, 1))).toEqual([]);
  });

  it('refuses a sender that another one has overtaken, and changes nothing', async () => {
    const { host, target } = made();
    await target.place(what(A, 1, 5));
    await targetOf(host).place(what(B, 2, 9, 5));
    const refused = targetOf(host).place(what(A, 1, 12, 5));
    await expect(refused).rejects.toMatchObject({
      ...{ code: 'DEPLOY_REFUSED', exit: 4 },
      hint: expect.stringContaining('holger deploy NAME --take-over') as string,
    });
    // Its own attempt, which was refused, does not make the other one's number its own.
    const next = { ...what(A, 1), fence: { number: 15, before: 5, used: [5, 12] } };
    await expect(targetOf(host).place(next)).rejects.toMatchObject({ code: 'DEPLOY_REFUSED' });
    // One that was stopped before it could look.
    await expect(target.stage?.(what(A, 1, 7, undefined))).rejects.toMatchObject({
      code: 'DEPLOY_REFUSED',
    });
    expect(loaded(host)).toBe(B.certificate.repeat(2));
    // What is there is of an attempt of this one that did not live to note its success.
    await targetOf(host).place({ ...what(A, 1), fence: { number: 16, before: 5, used: [5, 9] } });
    expect(loaded(host)).toBe(A.certificate.repeat(2));
  });

  it('a reload that fails is told after the files were placed, and tried again', async () => {
    const { host } = made();
    const target = targetOf(host, 'other');
    await target.place(what(A, 1));
    await expect(target.reload(what(A, 1))).rejects.toMatchObject({
      ...{ code: 'RELOAD_FAILED', exit: 3 },
      message: expect.stringContaining('mx1.example.org') as string,
    });
    const { values } = await host.call('state other');
    expect(values).toMatchObject({ live: '1', 'reload.status': '1' });
  });

  it('commands that succeeded are run again only when that is asked for', async () => {
    const { host, target } = made();
    host.configure(
      `[mx1]\ncertificate = ${host.at('tls/mx1.pem')}\nkey = ${host.at('tls/mx1.key')}\nreload = touch ${host.at('loaded')}\n`,
    );
    const hasLoaded = (): boolean => host.everything().some((line) => line.startsWith('loaded '));
    await target.place(what(A, 1));
    expect(hasLoaded()).toBe(true);
    rmSync(host.at('loaded'));
    await target.reload(what(A, 1));
    expect(hasLoaded()).toBe(false);
    await target.reload(what(A, 1));
    expect(hasLoaded()).toBe(true);
  });

  it.each([
    [
      'echo "root@mx1: Permission denied (publickey)." >&2; exit 255',
      'DEPLOY_REFUSED',
      /no SSH key/,
    ],
    ['echo "Host key verification failed." >&2; exit 255', 'DEPLOY_REFUSED', /host key/],
    [
      'echo "ssh: connect to host mx1 port 22: No route to host" >&2; exit 255',
      'DEPLOY_FAILED',
      /No route/,
    ],
    ['echo "sh: holger-receive: not found" >&2; exit 127', 'DEPLOY_REFUSED', /cannot be run/],
    ['echo fence=0; exit 0', 'DEPLOY_FAILED', /cut/],
    ['echo result=strange; exit 0', 'DEPLOY_FAILED', /does not know/],
    ['kill -9 $$', 'DEPLOY_FAILED', /SIGKILL/],
  ])('%s: %s', async (before, code, message) => {
    const { target } = made(before);
    await expect(target.place(what(A, 1))).rejects.toMatchObject({
      ...{ code, message: expect.stringMatching(message) as string },
      hint: expect.any(String) as string,
    });
    await expect(target.placed({})).rejects.toMatchObject({ code });
    expect(await target.differences(what(A, 1))).toBeUndefined();
  });

  it('makes a key that never leaves it, and gets the certificate alone', async () => {
    const { host, target } = made();
    const wish = { generation: 1, domains: ['mx1.example.org'], keyType: 'ec-p256' } as const;
    const fence = { number: 5, before: undefined };
    const request = await target.makeKey?.({ ...wish, fence });
    const again = await target.makeKey?.({ ...wish, fence });
    expect(requestFrom(again ?? '', 'x').spki).toBe(requestFrom(request ?? '', 'x').spki);
    const base64 = (request ?? '').replaceAll(/-----.*-----|\s/g, '');
    const certificate = certificateFor(base64);
    const bare = {
      ...what(A, 1),
      pems: { cert: certificate, chain: '', fullchain: certificate },
    };
    await target.stage?.(bare);
    await target.place(bare);
    expect(fits(host.read('tls/mx1.key'), loaded(host))).toBe(true);
    expect(await target.differences(bare)).toEqual([]);
    const other = { ...wish, domains: ['mx2.example.org'], generation: 2, fence };
    await expect(target.makeKey?.(other)).rejects.toMatchObject({
      ...{ code: 'DEPLOY_REFUSED' },
      hint: 'write there: domains = mx2.example.org',
    });
  });

  it('says what is there', async () => {
    const { target } = made();
    await target.place(what(A, 1));
    await target.stage?.(what(B, 2));
    const facts = Object.fromEntries(
      ((await target.examine?.()) ?? []).map(({ name, value }) => [name, value]),
    );
    expect(facts).toMatchObject({
      live: 'generation 1 of this machine',
      others: '2',
      'files outside': 'privkey right, fullchain right',
      fence: '5',
    });
  });

  it('a machine that answers nonsense without end is bounded', async () => {
    const { target } = made(
      'yes "certificates.live=AAAA" | head -c 50000000; echo result=ok; exit 0',
    );
    expect(await target.placed({}).catch(() => [])).toEqual([]);
  });

  it('asks again after it has changed something, and not sooner than it must', async () => {
    const { host, target } = made('echo x >> "$0.calls"');
    const calls = (): number => readFileSync(join(`${host.at('ssh')}.calls`), 'utf8').length / 2;
    await target.placed({});
    await target.differences(what(A, 1));
    expect(calls()).toBe(1);
    await target.place(what(A, 1));
    const after = calls();
    await target.placed({});
    expect(calls()).toBe(after + 1);
  });
});
