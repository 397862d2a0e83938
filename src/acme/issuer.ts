// The Issuer port over ACME (RFC 8555), made from the parts of this folder.
import type { Clock } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { CaaParty } from '../dns/caa.ts';
import { createHttpClient, type HttpClient, type ProxySettings } from '../http/client.ts';
import type { Call } from '../ports/call.ts';
import type {
  ChallengeMethod,
  Issuer,
  NewOrder,
  OrderStatus,
  Revocation,
} from '../ports/issuer.ts';
import type { AccountFiles } from '../ports/store.ts';
import { keepContact, readAccount, updateAccount } from './account-details.ts';
import type { CaAccount } from './account-details.ts';
import { importAccount } from './account-import.ts';
import { createAccount, createAccountKey, findAccount } from './account.ts';
import { createAcmeClient, type AcmeClient, type ExternalAccount } from './client.ts';
import { labelsOf, standingAccounts } from './challenge.ts';
import { createConnection, type Connection } from './connection.ts';
import type { Directory } from './directory.ts';
import { downloadChain } from './download.ts';
import { endAuthorizations } from './end-authorizations.ts';
import { changeKey, deactivateAccount, isTaken } from './key-change.ts';
import type { KeyChangeOptions } from './key-change.ts';
import { KnownOrders } from './known-orders.ts';
import { asciiName, checkOrder, placeOrder } from './new-order.ts';
import { createOrders, type Orders } from './orders.ts';
import { paced } from './pace.ts';
import { fetchRenewalInfo } from './renewal-info.ts';
import { revokeCertificate } from './revoke.ts';
import { shareRuns } from './shared.ts';
import { createTransport } from './transport.ts';
import { createUrlGuard, type UrlGuard } from './urls.ts';

export interface IssuerOptions {
  /** URL of the CA's directory. */
  readonly directory: string;
  readonly email?: string;
  /** dns-01, unless another one is named. */
  readonly method?: ChallengeMethod;
  readonly eab?: ExternalAccount;
  /** Trust for the HTTPS of a private CA, in place of the usual roots. */
  readonly caPem?: string;
  readonly proxy?: ProxySettings;
  readonly userAgent?: string;
  readonly accountFiles: AccountFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface AcmeIssuer extends Issuer {
  readonly method: ChallengeMethod;
  challengeLabels(): Promise<string>;
  standingAccounts(name: string, call: Call): Promise<readonly string[]>;
  checkOrder(order: NewOrder, call: Call): Promise<void>;
  caaParty(call: Call): Promise<CaaParty | undefined>;
  endAuthorizations(orderUrl: string, call: Call): Promise<number>;
  /** The URL of the account, for CAA `accounturi` and for output; registers if there is none. */
  accountUrl(call: Call): Promise<string>;
  /**
   * The CA's view of the account; undefined if the CA has none for the stored key. Registers
   * nothing.
   */
  account(call: Call): Promise<CaAccount | undefined>;
  /** Sends the configured contact to the CA; registers if there is no account. */
  updateAccount(call: Call): Promise<CaAccount>;
  /**
   * Keeps the account that the CA has for this key (PKCS#8); registers nothing. This issuer cannot
   * be used afterwards. @returns its URL
   */
  importAccount(keyPem: string, call: Call): Promise<string>;
  /** Gives the account a new key. This issuer has the old key and cannot be used afterwards. */
  changeKey(call: Call): Promise<void>;
  /** Deactivates the account permanently. @returns its URL */
  deactivate(call: Call): Promise<string>;
  /** What the CA says about itself: profiles, terms, CAA identities. */
  describe(call: Call): Promise<Directory>;
  close(): Promise<void>;
}

export function createIssuer(options: IssuerOptions): AcmeIssuer {
  const { clock, logger, method = 'dns-01' } = options;
  const parts = connect(options);
  const { client, account, accountUrl, ask, orders, known } = parts;
  const contactKept = shareRuns((call) => keepContact(account, accountUrl, call));
  return {
    directory: options.directory,
    accountUrl,
    account: (call) => readAccount(account, call),
    updateAccount: (call) => updateAccount(account, accountUrl, call),
    importAccount: (keyPem, call) => importAccount(keyPem, account, call),
    changeKey: (call) => changeKey(account, call),
    deactivate: (call) => deactivateAccount(account, call),
    describe: (call) => client.directory(call),
    async checkOrder(order, call) {
      const directory = await client.directory(call);
      checkOrder(order, { directory, directoryUrl: options.directory });
    },
    method,
    challengeLabels: async () =>
      labelsOf(method, (await options.accountFiles.read(options.directory))?.url),
    async standingAccounts(name, call) {
      const url = (await options.accountFiles.read(options.directory))?.url;
      if (method !== 'dns-persist-01' || url === undefined) return [];
      return standingAccounts(asciiName(name), url, client, call);
    },
    caaParty: (call) => caaParty(parts, method, call),
    async newOrder(order, call) {
      await contactKept(call);
      return newOrder(order, parts, { logger, clock }, call);
    },
    lookAtOrder: (url, call, domains) => orders.look(url, call, domains?.map(asciiName)),
    answerChallenge: (challenge, call) => orders.answer(challenge, call),
    finalize: (url, csrDer, call) => orders.finalize(url, csrDer, call),
    download: (orderUrl, preferredChain, call) =>
      downloadChain({ orderUrl, preferredChain }, { ask, logger, known }, call),
    endAuthorizations: (orderUrl, call) => endAuthorizations(orderUrl, ask, call),
    renewalInfo: (certId, call) => fetchRenewalInfo(certId, { client, clock, logger }, call),
    revoke: async (revocation, call) =>
      revokeCertificate(revocation, await signerOf(revocation, parts, call), call),
    close: () => parts.http.close(),
  };
}

interface Parts {
  readonly http: HttpClient;
  readonly guard: UrlGuard;
  readonly client: AcmeClient;
  readonly account: KeyChangeOptions;
  readonly accountUrl: (call: Call) => Promise<string>;
  readonly ask: Connection;
  readonly orders: Orders;
  readonly known: KnownOrders;
}

function connect(options: IssuerOptions): Parts {
  const { directory: directoryUrl, accountFiles: files, clock, logger, eab } = options;
  if (eab !== undefined) checkExternalAccount(eab);
  const http = createHttpClient({
    ...defined({ caPem: options.caPem, proxy: options.proxy, userAgent: options.userAgent }),
    secrets: eab === undefined ? [] : [eab.hmac],
  });
  const guard = createUrlGuard(directoryUrl);
  const send = paced(createTransport(http, guard), directoryUrl, clock);
  const base = { directoryUrl, send, clock };
  const client = createAcmeClient({
    ...base,
    accountKey: createAccountKey(files, directoryUrl, (keyPem) => isTaken(keyPem, account, {})),
    ...defined({ externalAccount: eab }),
  });
  const account: KeyChangeOptions = {
    clientWith: (keyPem) =>
      createAcmeClient({ ...base, accountKey: () => Promise.resolve(keyPem) }),
    ...{ client, files, directoryUrl, logger, hasExternalAccount: eab !== undefined },
    ...defined({ email: options.email }),
  };
  const accountUrl = createAccount(account);
  const ask = createConnection(client, accountUrl);
  const known = new KnownOrders(clock);
  const prover = { method: options.method ?? ('dns-01' as const), client, accountUrl };
  const orders = createOrders({ prover, ask, clock, logger, known });
  return { http, guard, client, account, accountUrl, ask, orders, known };
}

async function newOrder(
  order: NewOrder,
  { client, account, ask, guard, orders }: Parts,
  { logger, clock }: Pick<IssuerOptions, 'logger' | 'clock'>,
  call: Call,
): Promise<OrderStatus> {
  const directory = await client.directory(call);
  const { directoryUrl } = account;
  const { reply, replaces } = await placeOrder(
    order,
    { directory, directoryUrl, ask, logger, now: clock.now() },
    call,
  );
  const location = reply.headers['location'];
  if (location === undefined) {
    throw new AppError(
      'ACME_PROBLEM',
      'the CA created an order but did not return its URL (no Location)',
      {
        details: { type: 'about:blank', url: reply.url },
      },
    );
  }
  const url = new URL(location, reply.url).href;
  guard(url);
  const status = await orders.started(reply, url, call, order.domains.map(asciiName));
  return replaces ? { ...status, replaces } : status;
}

async function caaParty(
  { client, account }: Parts,
  method: ChallengeMethod,
  call: Call,
): Promise<CaaParty | undefined> {
  const { caaIdentities } = await client.directory(call);
  const issuers = caaIdentities.map((name) => name.toLowerCase().replace(/\.$/, ''));
  if (issuers.length === 0) return undefined;
  const stored = (await account.files.read(account.directoryUrl))?.url;
  const url = stored ?? (await findAccount(account, call)) ?? null;
  return { issuers, account: url, method };
}

/** The certificate's own key may sign its revocation, without any account (RFC 8555 §7.6). */
async function signerOf(
  { certificateKeyPem: pem }: Revocation,
  { client, account, accountUrl }: Parts,
  call: Call,
): Promise<Parameters<typeof revokeCertificate>[1]> {
  if (pem === undefined) return { client, accountUrl: await accountUrl(call) };
  return { client: account.clientWith(pem), accountUrl: undefined };
}

/** The CA would only answer "malformed" to a wrong key. */
function checkExternalAccount(eab: ExternalAccount): void {
  // Some CAs give it in base64 with padding; both are accepted.
  if (eab.kid !== '' && /^[A-Za-z0-9_+/-]+={0,2}$/.test(eab.hmac)) return;
  throw new AppError('CONFIG_INVALID', 'eab needs a kid, and an hmac in base64url', {
    hint: 'copy both exactly as the CA shows them',
  });
}
