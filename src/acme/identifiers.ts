// What a CA may ask to validate: the names that were ordered, each once (RFC 8555 §7.1.3), and
// nothing else.
import { AppError } from '../base/errors.ts';
import type { Authorization, Order } from './order.ts';

/** More names than any CA accepts in one order. */
const MOST = 1000;

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** `*.` comes in a field beside the name, but not from every CA. */
function base(name: string): string {
  return plain(name).replace(/^\*\./, '');
}

function refused(what: string, names: readonly string[]): AppError {
  return new AppError('ACME_PROBLEM', what, {
    hint: 'nothing was written to DNS for it; ask the CA',
    details: { type: 'about:blank', identifiers: names, unasked: true },
  });
}

/** `asked`: the names of the order, if they are known. @throws AppError ACME_PROBLEM */
export function checkOrder(order: Order, asked: readonly string[] | undefined): void {
  const { identifiers, authorizations } = order;
  if (asked !== undefined && identifiers !== undefined) {
    const wanted = new Set(asked.map(plain));
    const told = new Set(identifiers.map(plain));
    const foreign = [...told].filter((name) => !wanted.has(name));
    if (foreign.length > 0) {
      throw refused(`the CA's order is for ${listed(foreign)}, which was not requested`, foreign);
    }
    const missing = [...wanted].filter((name) => !told.has(name));
    if (missing.length > 0) throw refused(`the CA's order lacks ${listed(missing)}`, missing);
  }
  const most = Math.min(MOST, new Set(asked ?? identifiers ?? []).size || MOST);
  if (authorizations.length > most) {
    const text = `the CA asks for ${authorizations.length} authorizations for ${most} names`;
    throw refused(text, []);
  }
}

/** @throws AppError ACME_PROBLEM */
export function checkAuthorizations(
  authorizations: readonly Authorization[],
  names: readonly string[] | undefined,
): void {
  const wanted = (names ?? []).map(base);
  const seen: string[] = [];
  for (const identifier of authorizations.map((one) => plain(one.identifier))) {
    const most = names === undefined ? 1 : wanted.filter((name) => name === identifier).length;
    if (names !== undefined && most === 0) {
      throw refused(`the CA asks to validate ${identifier}, which was not ordered`, [identifier]);
    }
    if (seen.filter((name) => name === identifier).length >= most && names !== undefined) {
      throw refused(`the CA asks more than once to validate ${identifier}`, [identifier]);
    }
    seen.push(identifier);
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
