// A deploy hook of acme.sh is a file of shell functions: NAME.sh has NAME_deploy, which is called
// with the domain and the paths of key, certificate, CA certificates and full chain. It expects
// acme.sh around it: messages, and settings that were stored with an earlier deployment.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readTrusted } from '../files/trusted.ts';

const MOST_SETTINGS = 256 * 1024;

/** The function that acme.sh calls in the file. */
export function acmeShFunction(hook: string): string {
  return `${basename(hook).replace(/\.sh$/, '')}_deploy`;
}

export function isAcmeShHook(hook: string): boolean {
  return (
    hook.startsWith('/') && /^[A-Za-z_][A-Za-z0-9_]*$/.test(basename(hook).replace(/\.sh$/, ''))
  );
}

/** acme.sh itself: its own deploy hooks are in the folder `deploy` beside it. */
export function programOf(hook: string): string | undefined {
  const folder = dirname(hook);
  const program = join(dirname(folder), 'acme.sh');
  return basename(folder) === 'deploy' && existsSync(program) ? program : undefined;
}

/** Of the certificate's `.conf` of acme.sh, which the hook may read; often with secrets. */
export async function settingsOf(file: string | undefined): Promise<string> {
  if (file === undefined) return '';
  return (await readTrusted(file, { most: MOST_SETTINGS, code: 'DEPLOY_FAILED' })) ?? '';
}

/**
 * Arguments: hook, function, settings, acme.sh itself or nothing, and then those of the function.
 * With acme.sh all of its functions are there, and else those that hooks use most. What a hook
 * stores goes into the copy of the settings, and is lost.
 */
export const ACME_SH_SCRIPT = String.raw`
hook=$1 call=$2 DOMAIN_CONF=$3 _program=$4
shift 4
export DOMAIN_CONF
_domain=$1 CERT_KEY_PATH=$2 CERT_PATH=$3 CA_CERT_PATH=$4 CERT_FULLCHAIN_PATH=$5
_info() { printf '%s\n' "$*"; }
_err() { printf '%s\n' "$*" >&2; return 1; }
_debug() { :; }
_debug2() { :; }
_debug3() { :; }
_secure_debug() { :; }
_secure_debug2() { :; }
_secure_debug3() { :; }
_exists() { command -v "$1" >/dev/null 2>&1; }
_startswith() { case $1 in "$2"*) return 0 ;; esac; return 1; }
_endswith() { case $1 in *"$2") return 0 ;; esac; return 1; }
_contains() { case $1 in *"$2"*) return 0 ;; esac; return 1; }
_readdomainconf() {
  _found=$(sed -n "s/^$1=//p" "$DOMAIN_CONF" | tail -n 1)
  case $_found in "'"*"'") _found=\${_found#?} _found=\${_found%?} ;; esac
  case $_found in
    __ACME_BASE64__START_*)
      _found=\${_found#__ACME_BASE64__START_}
      _found=$(printf '%s' "\${_found%__ACME_BASE64__END_}" | base64 -d) ;;
  esac
  printf '%s' "$_found"
}
_savedomainconf() { :; }
_cleardomainconf() { :; }
_savedeployconf() { :; }
_migratedeployconf() { :; }
_getdeployconf() {
  eval "_found=\$$1"
  [ -n "$_found" ] && return 0
  _found=$(_readdomainconf "SAVED_$1")
  eval "$1=\$_found"
}
# Without arguments acme.sh defines its functions and prints its help.
_load() { set --; . "$_program" >/dev/null; }
if [ -n "$_program" ]; then
  export LE_WORKING_DIR="\${_program%/*}"
  _load || exit 1
fi
# As acme.sh does: some hooks read its settings as variables.
. "$DOMAIN_CONF" || exit 1
. "$hook" || exit 1
"$call" "$@"
`.replaceAll('\\${', '${');
