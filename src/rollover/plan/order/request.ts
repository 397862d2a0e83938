// A certificate that is ordered with a request of the operator, whose private key is never here:
// whether the request in the file can be used, and what begins with it.
import { step } from '../../decision.ts';
import type { Plan, Step } from '../../decision.ts';
import type { Facts, Neighbour } from '../../law/facts.ts';
import type { Situation } from '../../law/situation.ts';
import { liveGeneration, stagedGeneration } from '../../model.ts';
import type { Generation, Intent, Lineage } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import type { RequestFact } from '../../record/request.ts';

type CreateKey = Extract<Step, { readonly kind: 'create-key' }>;
type Usable = Extract<RequestFact, { readonly status: 'request' }>;
type Known = Pick<Facts, 'request' | 'lineage'> & {
  readonly neighbours: readonly Pick<Neighbour, 'lineage'>[];
};
type Fault = { readonly because: string; readonly hint: string };

/** Why no certificate is ordered with the request in the file; undefined: it can be. */
export function requestFault(intent: Intent, known: Known): Reason | undefined {
  if (intent.request === undefined) return undefined;
  const { request } = known;
  const fault =
    request?.status === 'request'
      ? (namesFault(request, intent) ?? keyFault(request, intent.request, known))
      : (request ?? missingRequest(intent.request, intent));
  if (fault === undefined) return undefined;
  return { rule: 'request-is-usable', because: fault.because, hint: fault.hint, needs: 'person' };
}

/** How the operator makes one. */
function command(file: string, { domains }: Pick<Intent, 'domains'>): string {
  const names = domains.map((domain) => `DNS:${domain}`).join(',');
  return `openssl req -new -key KEYFILE -subj / -addext "subjectAltName=${names}" -out ${file}`;
}

export function missingRequest(file: string, wanted: Pick<Intent, 'domains'>): Fault {
  return {
    because: `there is no certificate request at ${file}`,
    hint: `make it with the key of the service: ${command(file, wanted)}`,
  };
}

/** A CA issues for exactly the names of the order (RFC 8555 §7.4). */
export function namesFault(
  { names }: Pick<Usable, 'names'>,
  { domains, request: file = '' }: Pick<Intent, 'domains' | 'request'>,
): Fault | undefined {
  const lacks = domains.filter((domain) => !names.includes(domain));
  const others = names.filter((name) => !domains.includes(name));
  const why = [
    lacks.length === 0 ? [] : `lacks ${listed(lacks)}`,
    others.length === 0 ? [] : `asks for ${listed(others)}, which domains does not have`,
  ].flat();
  if (why.length === 0) return undefined;
  return {
    because: `the certificate request in ${file} ${why.join(', and ')}`,
    hint: `make it again for exactly the domains of the certificate: ${command(file, { domains })}`,
  };
}

const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** Rule 29: such a key is never used again. */
function keyFault(
  { spki }: Usable,
  file: string,
  { lineage, neighbours }: Known,
): Fault | undefined {
  const withKey = (of: Lineage): readonly Generation[] =>
    of.generations.filter((one) => one.spki === spki);
  const all = [lineage, ...neighbours.map((one) => one.lineage)];
  const compromised = all.some((of) => withKey(of).some((one) => one.compromised === true));
  const refused = withKey(lineage).some(({ keyRefused }) => keyRefused === true);
  if (!compromised && !refused) return undefined;
  return {
    because: compromised
      ? `the key of the certificate request in ${file} is compromised`
      : `the CA does not accept the key of the certificate request in ${file} again`,
    hint: `make a new key for the service and a request with it in ${file}; then run holger again`,
  };
}

/** The newest generation with the key of the request: it is as old as it is there. */
export function sameKeyAs(spki: string, { generations }: Lineage): Generation | undefined {
  return generations.findLast((one) => one.spki === spki && one.ahead !== true);
}

/** A generation begins: with the request where the operator supplies one, else as planned. */
export function beginWith(planned: CreateKey, { intent, facts, lineage }: Situation): Plan {
  if (intent.request === undefined) return step(planned);
  const fault = requestFault(intent, facts);
  if (fault !== undefined) return { kind: 'blocked', person: true, reasons: [fault] };
  const { kind, generation } = planned;
  const before = sameKeyAs(facts.request?.status === 'request' ? facts.request.spki : '', lineage);
  const same = before === undefined ? {} : { sameKeyAs: before.number };
  return step({ kind, generation, request: intent.request, ...same });
}

/** The operator replaced the request while nothing is issued for the one before. */
export function isReplaced(staged: Generation, { intent, facts }: Situation): boolean {
  const { request } = facts;
  if (intent.request === undefined || staged.chain !== undefined) return false;
  return (
    request?.status === 'request' &&
    request.spki !== staged.spki &&
    requestFault(intent, facts) === undefined
  );
}

/** What the operator should know of the request before it is needed; no person has to act now. */
export function requestNews(intent: Intent, known: Known): Reason | undefined {
  const { request, lineage } = known;
  const { request: file = '', name } = intent;
  const newest = stagedGeneration(lineage) ?? liveGeneration(lineage);
  if (intent.request === undefined || newest === undefined) return undefined;
  const fault = requestFault(intent, known);
  if (fault !== undefined) {
    const { needs: _later, ...reason } = fault;
    return { ...reason, because: `${fault.because}: the next renewal needs it` };
  }
  if (request?.status !== 'request' || request.spki === newest.spki) return undefined;
  return {
    rule: 'next-request',
    because: `the certificate request in ${file} has another key than generation ${newest.number}: it is used at the next renewal`,
    hint: `to use it now: holger run ${name} --force`,
  };
}
