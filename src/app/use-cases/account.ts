// `account show` and `account update`: the stored account and the CA's view of it. What the CA
// cannot be asked for is left out, and the output says so.
import { defined } from '../../base/defined.ts';
import type { AcmeIssuer } from '../../acme/issuer.ts';
import { AppError } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Call } from '../../ports/call.ts';
import { accountKeyPath, createAccountFiles, formerAccounts } from '../../store/account-files.ts';
import { openAccount, usersOf } from './account-asker.ts';
import type { AccountAsker } from './account-asker.ts';
import { askerFor, caaNaming } from './caa.ts';
import type { NamedInCaa } from './caa.ts';
import type { Installation } from '../known/departed.ts';

export interface AccountReport {
  readonly directory: string;
  /** Undefined: there is no key yet. */
  readonly keyFile?: string;
  /** The CA has not accepted the new key yet. */
  readonly keyChangePending?: true;
  /** For CAA `accounturi`. */
  readonly url?: string;
  readonly status?: string;
  readonly contact?: readonly string[];
  readonly termsOfService?: string;
  /** Name → description. */
  readonly profiles?: Readonly<Record<string, string>>;
  /** The name of the CA in CAA records. */
  readonly caaIdentities?: readonly string[];
  /** The file with the key of a deactivated account. */
  readonly archived?: string;
  /** CAA records that name former accounts. */
  readonly caaOfFormer?: readonly NamedInCaa[];
  /** Why the CA could not be asked. */
  readonly failure?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly exit: ExitStatus;
  };
}

/** CAA records that still name a former account: they forbid the present account to issue. */
export async function caaOfFormer(
  { config, issuer, logger }: AccountAsker,
  { certificates }: Pick<Installation, 'certificates'>,
  call: Call,
): Promise<Pick<AccountReport, 'caaOfFormer'>> {
  const former = await formerAccounts(config.state.directory, issuer.id);
  if (former.length === 0) return {};
  const ask = await askerFor({ resolvers: [], config, logger }, call);
  const domains = usersOf(issuer, certificates, config).flatMap((one) => one.domains);
  return { caaOfFormer: await caaNaming(former, domains, ask) };
}

/** `update` sends the configured contact to the CA first, and registers if there is no account. */
export async function accountReport(
  asker: AccountAsker,
  update: boolean,
  installation: Pick<Installation, 'certificates'>,
  call: Call,
): Promise<AccountReport> {
  const issuer = await openAccount(asker);
  try {
    if (update) await issuer.updateAccount(call);
    const said = await saidBy(issuer, call);
    return {
      ...(await storedOf(asker)),
      ...said,
      ...(await caaOfFormer(asker, installation, call)),
    };
  } finally {
    await issuer.close();
  }
}

async function storedOf({ config, issuer }: AccountAsker): Promise<AccountReport> {
  const { id, directory } = issuer;
  const stored = await createAccountFiles(config.state.directory).read(id);
  if (stored === undefined) return { directory };
  const keyFile = accountKeyPath(config.state.directory, id);
  return {
    ...(stored.nextKeyPem !== undefined && { keyChangePending: true as const }),
    directory,
    keyFile,
    ...defined({ url: stored.url }),
  };
}

async function saidBy(issuer: AcmeIssuer, call: Call): Promise<Omit<AccountReport, 'directory'>> {
  try {
    const { termsOfService, caaIdentities, profiles } = await issuer.describe(call);
    const about = { ...defined({ termsOfService, profiles }), caaIdentities };
    const account = await issuer.account(call).catch(failureOf);
    return { ...about, ...account };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Pick<AccountReport, 'failure'> {
  if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
  const { code, message, hint, exit } = error;
  return { failure: { code, message, ...defined({ hint }), exit } };
}
