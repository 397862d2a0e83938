// Rules for certificates that are ordered with a request of the operator: what another key would
// need, and targets that would write a key that is not here.
import path from 'node:path';
import { DEFAULT_ISSUER } from './issuers.ts';
import type { KeyPath } from './lines.ts';
import { tableAt, textsAt } from './source-rules.ts';
import type { Problem, Table } from './source-rules.ts';

export const hasRequest = (certificate: Table): boolean => certificate['csr'] !== undefined;

/** The key is made by the machine that gets the certificate. */
const keyIsElsewhere = (certificate: Table): boolean => certificate['key'] === 'target';

function* elsewhereRules(certificate: Table, here: KeyPath, root: Table): Generator<Problem> {
  if (!keyIsElsewhere(certificate)) return;
  const path = [...here, 'key'];
  const targets = Array.isArray(certificate['deploy']) ? certificate['deploy'] : [];
  const [only] = targets as unknown[];
  const name = typeof only === 'string' ? only : tableAt(only)['target'];
  const type = typeof name === 'string' ? tableAt(tableAt(root['target'])[name])['type'] : '';
  if (targets.length !== 1 || type !== 'ssh') {
    yield { path, message: 'needs exactly one target in deploy, a [target.NAME] of type ssh' };
  }
  const strategy = certificate['strategy'] ?? tableAt(root['defaults'])['strategy'];
  if (strategy === 'reuse-key') {
    yield { path, message: 'is not possible with strategy = "reuse-key": each key is new' };
  }
}

/** What of a target contains the private key. */
const WITH_KEY = ['key', 'combined', 'pkcs12', 'directory'];

/** `here`: of the certificate. */
export function* requestRules(certificate: Table, here: KeyPath, root: Table): Generator<Problem> {
  yield* elsewhereRules(certificate, here, root);
  yield* issuerRules(certificate, here, root);
  if (!hasRequest(certificate)) return;
  const { strategy } = certificate;
  const decided = ['key_type', 'rotate_key_every'].filter((key) => certificate[key] !== undefined);
  if (strategy !== undefined && strategy !== 'staged') decided.push('strategy');
  for (const key of decided) {
    const message = 'has no effect: the key is that of the certificate request in csr';
    yield { path: [...here, key], message };
  }
  const targets = Array.isArray(certificate['deploy']) ? certificate['deploy'] : [];
  for (const [at, target] of targets.entries()) {
    yield* targetRules(tableAt(target), [...here, 'deploy', at]);
  }
}

function* issuerRules(certificate: Table, here: KeyPath, root: Table): Generator<Problem> {
  const keys = ['csr', 'key'].filter((key) => certificate[key] !== undefined);
  const issuers = tableAt(root['issuer']);
  const own = certificate['issuer'] ?? tableAt(root['defaults'])['issuer'] ?? DEFAULT_ISSUER;
  for (const name of keys.length === 0 ? [] : textsAt(own)) {
    const why = NOT_WITH[String(tableAt(issuers[name])['type'])];
    if (why === undefined) continue;
    const message = `is not possible with issuer "${name}": ${why}`;
    for (const key of keys) yield { path: [...here, key], message };
  }
}

const NOT_WITH: Readonly<Record<string, string>> = {
  files: 'another program makes its keys',
  'self-signed': 'the key of the certificate would have to sign it, and it is not here',
};

function* targetRules(target: Table, here: KeyPath): Generator<Problem> {
  for (const key of WITH_KEY.filter((one) => typeof target[one] === 'string')) {
    const message =
      'contains the private key, which is not here: the certificate is ordered with csr; use certificate, with existing_key to compare it with the key of the service';
    yield { path: [...here, key], message };
  }
  if (typeof target['compatible'] === 'string') {
    const message =
      'gives the command the private key, which is not here: the certificate is ordered with csr';
    yield { path: [...here, 'compatible'], message };
  }
  if (typeof target['existing_key'] === 'string' && typeof target['certificate'] !== 'string') {
    const message = 'has no effect without certificate: the certificate is compared with this key';
    yield { path: [...here, 'existing_key'], message };
  }
  if (typeof target['chain'] === 'string' && typeof target['certificate'] !== 'string') {
    const message = 'is placed without its certificate: add certificate';
    yield { path: [...here, 'chain'], message };
  }
}

/** The files of requests, which no target may overwrite. `base`: of relative paths. */
export function filesOfRequests(root: Table, base: string): ReadonlyMap<string, string> {
  const certificates = Array.isArray(root['certificate']) ? root['certificate'] : [];
  const found = certificates.flatMap((one, index) => {
    const { csr } = tableAt(one);
    if (typeof csr !== 'string') return [];
    return [[path.resolve(base, csr), `the operator: it is certificate[${index}].csr`] as const];
  });
  return new Map(found);
}
