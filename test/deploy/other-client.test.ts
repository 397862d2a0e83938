import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { createCommandTarget } from '../../src/deploy/command.ts';
import type { OtherClient } from '../../src/deploy/other-client.ts';
import type { DeployPackage } from '../../src/ports/target.ts';
import { keyOf } from '../support/certificates.ts';
import { rsaPem } from '../support/rsa.ts';
import { pems, somePackage, temporaryFolder } from './packages.ts';

let state: string;
let out: string;
const ecKey = keyOf('ecdsa').export({ type: 'pkcs8', format: 'pem' }).toString();

beforeEach(async () => {
  state = await temporaryFolder();
  out = await temporaryFolder();
});

/** A generation on disk, as the store writes it. */
async function generation(privkey = ecKey): Promise<DeployPackage> {
  const folder = join(state, 'certificates/mx1/7');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'fullchain.pem'), pems.fullchain, { mode: 0o600 });
  return { ...somePackage(7), folder, pems: { ...pems, privkey } };
}

async function hook(name: string, text: string): Promise<string> {
  const path = join(out, name);
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

async function deploy(
  compatible: OtherClient,
  command: readonly string[],
  what?: DeployPackage,
): Promise<void> {
  const target = createCommandTarget(
    { command, timeout: 20, compatible },
    'hostmaster@example.org',
  );
  await target.place(what ?? (await generation()));
}

const read = (name: string): Promise<string> => readFile(join(out, name), 'utf8');
const leftOver = (): Promise<string[]> => readdir(join(state, 'certificates/mx1'));

describe('a deploy hook of certbot', () => {
  it('finds the lineage under the name of the certificate, with the four files', async () => {
    const script = `#!/bin/sh
set -e
name=$(basename "$RENEWED_LINEAGE")
for domain in $RENEWED_DOMAINS; do echo "$domain" >> ${out}/domains; done
cat "$RENEWED_LINEAGE/privkey.pem" "$RENEWED_LINEAGE/fullchain.pem" > ${out}/$name.pem
cat "$RENEWED_LINEAGE/cert.pem" "$RENEWED_LINEAGE/chain.pem" | cmp - "$RENEWED_LINEAGE/fullchain.pem"
stat -c %a "$RENEWED_LINEAGE" "$RENEWED_LINEAGE/privkey.pem" > ${out}/modes
env > ${out}/env; tr '\\0' ' ' < /proc/$$/cmdline > ${out}/arguments
`;
    await deploy('certbot', [await hook('postfix-hook', script)]);
    expect(await read('mx1.pem')).toBe(ecKey + pems.fullchain);
    expect(await read('domains')).toBe('mx1.example.org\nmail.example.org\n');
    expect(await read('modes')).toBe('700\n600\n');
    const secret = ecKey.split('\n')[1] ?? '?';
    expect((await read('env')) + (await read('arguments'))).not.toContain(secret);
    expect(await leftOver()).toEqual(['7']);
  });

  it('that fails is a failure, and its copies of the key are removed all the same', async () => {
    const failing = deploy('certbot', ['/bin/sh', '-c', 'echo no >&2; exit 3']);
    await expect(failing).rejects.toMatchObject({ code: 'DEPLOY_FAILED' });
    expect(await leftOver()).toEqual(['7']);
  });
});

describe('a hook of dehydrated', () => {
  it('is called with deploy_cert, the domain, four files and the time', async () => {
    const script = `#!/bin/bash
deploy_cert() {
  local DOMAIN="\${1}" KEYFILE="\${2}" CERTFILE="\${3}" FULLCHAINFILE="\${4}" CHAINFILE="\${5}" TIMESTAMP="\${6}"
  cat "$KEYFILE" "$FULLCHAINFILE" > "${out}/$DOMAIN.pem"
  cat "$CERTFILE" "$CHAINFILE" | cmp - "$FULLCHAINFILE" || return 1
  [[ "$KEYFILE" = "$CERTDIR/$DOMAIN/privkey.pem" ]] || return 2
  echo "$#$TIMESTAMP" > ${out}/time
}
HANDLER="$1"; shift
if [[ "$HANDLER" =~ ^(deploy_cert)$ ]]; then "$HANDLER" "$@"; fi
`;
    await deploy('dehydrated', [await hook('hook.sh', script)]);
    expect(await read('mx1.example.org.pem')).toBe(ecKey + pems.fullchain);
    expect(await read('time')).toMatch(/^61\d{9}\n$/);
  });
});

describe('a hook of lego', () => {
  it.each([
    ['4', 'LEGO_'],
    ['5', 'LEGO_HOOK_'],
  ])('of release %s finds its variables', async (release, prefix) => {
    const script = `#!/bin/sh
set -e
cat "$${prefix}CERT_KEY_PATH" "$${prefix}CERT_PATH" > ${out}/lego${release}.pem
cat "$${prefix}ISSUER_CERT_PATH" > ${out}/lego${release}.issuer
echo "$${prefix}ACCOUNT_EMAIL $${prefix}CERT_DOMAIN $${prefix}CERT_NAME $${prefix}CERT_DOMAINS" \\
  "$${prefix}CERT_KEY_TYPE" > ${out}/lego${release}.names
basename "$${prefix}CERT_PATH" >> ${out}/lego${release}.names
`;
    await deploy('lego', [await hook('lego-hook', script)]);
    expect(await read(`lego${release}.pem`)).toBe(ecKey + pems.fullchain);
    expect(await read(`lego${release}.issuer`)).toBe(pems.chain);
    const names = {
      4: 'hostmaster@example.org mx1.example.org   \nmx1.example.org.crt\n',
      5: 'hostmaster@example.org  mx1.example.org mx1.example.org,mail.example.org EC256\nmx1.example.org.crt\n',
    };
    expect(await read(`lego${release}.names`)).toBe(names[release as '4' | '5']);
  });

  it('of a wildcard certificate gets a file name without an asterisk', async () => {
    const what = { ...(await generation(rsaPem().privateKey)), domains: ['*.example.org'] };
    await deploy('lego', ['/bin/sh', '-c', `env > ${out}/env`], what);
    expect(await read('env')).toMatch(/LEGO_CERT_DOMAIN=\*\.example\.org\n/);
    expect(await read('env')).toMatch(/LEGO_HOOK_CERT_KEY_TYPE=RSA2048\n/);
    expect(await read('env')).toMatch(/LEGO_CERT_PATH=.*\/certificates\/_\.example\.org\.crt\n/);
  });
});

describe('a deploy hook of acme.sh', () => {
  const script = (): string => `#!/usr/bin/env sh
relay_deploy() {
  _cdomain="$1" _ckey="$2" _ccert="$3" _cca="$4" _cfullchain="$5"
  _debug _cdomain "$_cdomain"
  _getdeployconf DEPLOY_RELAY_FOLDER
  _getdeployconf DEPLOY_RELAY_TOKEN
  _savedeployconf DEPLOY_RELAY_FOLDER "$DEPLOY_RELAY_FOLDER"
  [ -n "$DEPLOY_RELAY_FOLDER" ] || { _err "no folder"; return 1; }
  _info "to $DEPLOY_RELAY_FOLDER"
  cat "$_ckey" "$_cfullchain" > "$DEPLOY_RELAY_FOLDER/relay.pem" || return 1
  cat "$_ccert" "$_cca" | cmp - "$_cfullchain" || return 1
  echo "$_cdomain $DEPLOY_RELAY_TOKEN \${_ckey##*/} \${_cfullchain##*/} \${DOMAIN_PATH##*/}" > "$DEPLOY_RELAY_FOLDER/names"
  env > "$DEPLOY_RELAY_FOLDER/env"
}
`;

  it('is a function in a file, with the settings of the certificate', async () => {
    const settings = join(out, 'mx1.example.org.conf');
    const token = Buffer.from("it's secret").toString('base64');
    const text = `Le_Domain='mx1.example.org'
SAVED_DEPLOY_RELAY_FOLDER='${out}'
SAVED_DEPLOY_RELAY_TOKEN='__ACME_BASE64__START_${token}__ACME_BASE64__END_'
`;
    await writeFile(settings, text);
    await deploy('acme.sh', [await hook('relay.sh', script()), settings]);
    expect(await read('relay.pem')).toBe(ecKey + pems.fullchain);
    expect(await read('names')).toBe(
      "mx1.example.org it's secret mx1.example.org.key fullchain.cer mx1.example.org_ecc\n",
    );
    expect(await read('env')).not.toContain('secret');
    // What the hook stores is not stored there.
    expect(await readFile(settings, 'utf8')).toBe(text);
    expect(await leftOver()).toEqual(['7']);
  });

  it('that reports an error is a failure with its message', async () => {
    await expect(deploy('acme.sh', [await hook('relay.sh', script())])).rejects.toMatchObject({
      code: 'DEPLOY_FAILED',
      message: expect.stringMatching(/relay.sh ended with status 1; its last output: no folder$/),
    });
    const unlike = await hook('other.sh', 'some_deploy() { :; }\n');
    await expect(deploy('acme.sh', [unlike])).rejects.toThrow(/ended with status 127/);
  });

  it('finds the functions of acme.sh itself where that is installed', async () => {
    const home = join(out, 'home');
    await mkdir(join(home, 'deploy'), { recursive: true });
    // Like acme.sh: a main function that is called with the arguments at the end of the file.
    await writeFile(
      join(home, 'acme.sh'),
      `_post() { echo "posted $1"; }
main() { [ -z "$1" ] && echo help && return; "$@"; }
main "$@"
`,
    );
    const text = `web_deploy() { _post "$1" > ${out}/posted; echo "$LE_WORKING_DIR" >> ${out}/posted; }\n`;
    await writeFile(join(home, 'deploy/web.sh'), text);
    await deploy('acme.sh', [join(home, 'deploy/web.sh')]);
    expect(await read('posted')).toBe(`posted mx1.example.org\n${home}\n`);
  });

  it('is a path, which the configuration checks', () => {
    const config = (command: string): string => `[acme]
directory = "https://ca.example/directory"
[provider.main]
type = "manual"
[[zone]]
name = "example.org"
provider = "main"
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
deploy = [{ type = "command", compatible = "acme.sh", command = ${command} }]
`;
    expect(() => parseConfig(config('["relay.sh"]'), 'c.toml')).toThrow(/for acme.sh, command is/);
    expect(() => parseConfig(config('["/a/b c.sh"]'), 'c.toml')).toThrow(/for acme.sh, command is/);
    expect(() => parseConfig(config('["/a/b.sh", "/c", "d"]'), 'c.toml')).toThrow(/for acme.sh/);
    const { certificates } = parseConfig(config('["/a/b.sh", "/c"]'), 'c.toml');
    expect(certificates[0]?.deploy[0]).toMatchObject({ compatible: 'acme.sh' });
  });
});

it('a crash leaves files that the next deployment replaces', async () => {
  const what = await generation();
  const target = createCommandTarget({
    command: ['/bin/sh', '-c', 'cat "$RENEWED_LINEAGE/fullchain.pem" >&2; exit 1'],
    timeout: 20,
    compatible: 'certbot',
  });
  const at = join(state, 'certificates/mx1', `for-certbot-${target.id}`, 'live/mx1');
  await mkdir(at, { recursive: true });
  await writeFile(join(at, 'fullchain.pem'), 'of the day before\n');
  await expect(target.place(what)).rejects.not.toThrow(/of the day before/);
  expect(await leftOver()).toEqual(['7']);
});
