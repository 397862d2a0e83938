// `account key-change`, `account import` and `account deactivate`: no run may work on a certificate
// meanwhile.
import { readAccountKey } from '../../acme/account-key.ts';
import { formatInstant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import { takeLease } from '../../engine/leases.ts';
import { accountKey } from '../../engine/state/account.ts';
import { lineageKey } from '../../engine/state/memory.ts';
import type { Call } from '../../ports/call.ts';
import type { Lease } from '../../ports/store.ts';
import { retireAccount } from '../../store/account-files.ts';
import { DEFAULT_ISSUER } from '../../config/issuers.ts';
import type { AcmeIssuerConfig } from '../../config/issuers.ts';
import { openAccount, usersOf } from './account-asker.ts';
import { accountReport, caaOfFormer } from './account.ts';
import type { AccountAsker } from './account-asker.ts';
import type { AccountReport } from './account.ts';
import { systemClock } from '../world/clock.ts';
import type { Installation } from '../known/departed.ts';

export interface Deactivation {
  /** Confirms that it cannot be undone. */
  readonly yes: boolean;
  /** Although certificates are renewed with it. */
  readonly force: boolean;
}

/** A run at the same time would sign with the old key. @throws AppError LOCKED */
async function holdingAll<T>(
  { certificates, ...world }: Installation,
  act: () => Promise<T>,
): Promise<T> {
  const taken: Lease[] = [];
  try {
    for (const key of certificates.map(({ name }) => lineageKey(name)).sort()) {
      taken.push(await takeLease(key, world));
    }
    return await act();
  } finally {
    for (const lease of taken) await lease.release();
  }
}

export async function changeAccountKey(
  asker: AccountAsker,
  installation: Installation,
  call: Call,
): Promise<AccountReport> {
  await holdingAll(installation, async () => {
    const issuer = await openAccount(asker);
    await issuer.changeKey(call).finally(() => issuer.close());
  });
  return accountReport(asker, false, installation, call);
}

/** @throws AppError USAGE if the state has another account, or the CA has none for the key */
export async function importAccount(
  asker: AccountAsker,
  keyText: string,
  installation: Installation,
  call: Call,
): Promise<AccountReport> {
  const keyPem = readAccountKey(keyText);
  await holdingAll(installation, async () => {
    const issuer = await openAccount(asker);
    await issuer.importAccount(keyPem, call).finally(() => issuer.close());
  });
  return accountReport(asker, false, installation, call);
}

/**
 * @throws AppError USAGE without the confirmation, or without --force while certificates need the
 * account
 */
export async function deactivate(
  asker: AccountAsker,
  request: Deactivation,
  installation: Installation,
  call: Call,
): Promise<AccountReport> {
  const { config, issuer } = asker;
  const { directory, id } = issuer;
  mustBeUnused(usersOf(issuer, installation.certificates, config), request);
  mustBeConfirmed(issuer, request);
  const { archived, url } = await holdingAll(installation, async () => {
    const issuer = await openAccount(asker);
    const ended = await issuer.deactivate(call).finally(() => issuer.close());
    const label = `account-${formatInstant(systemClock.now()).replaceAll(':', '')}`;
    const to = await retireAccount(config.state.directory, id, ended, label);
    // The limits of the next account are its own.
    await installation.store.remove(accountKey(id));
    return { archived: to, url: ended };
  });
  return {
    ...{ directory, url, status: 'deactivated' },
    ...defined({ archived }),
    ...(await caaOfFormer(asker, installation, call)),
  };
}

function mustBeUnused(users: Installation['certificates'], { force }: Deactivation): void {
  if (users.length === 0 || force) return;
  const names = users.map(({ name }) => name).join(', ');
  throw new AppError('USAGE', `these certificates are renewed with the account: ${names}`, {
    hint:
      'nothing was done; with --force the account is deactivated anyway, and the next ' +
      'order creates a new one',
  });
}

function mustBeConfirmed(
  { name, directory }: AcmeIssuerConfig,
  { yes, force }: Deactivation,
): void {
  if (yes) return;
  const which = name === DEFAULT_ISSUER ? '' : ` --issuer ${name}`;
  throw new AppError(
    'USAGE',
    `an account that is deactivated can never be used again: ${directory}`,
    {
      hint:
        'nothing was done; to confirm: holger account deactivate ' +
        `--yes${force ? ' --force' : ''}${which}`,
    },
  );
}
