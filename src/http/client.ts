// The one HTTP client: a deadline and a size limit for every request, trust and proxy per client
// and never per process, redirects only where they are harmless. It never retries: the caller
// decides. A status of 400 or more is an answer.
import { Agent, EnvHttpProxyAgent, request as undiciRequest, type Dispatcher } from 'undici';
import type { Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { httpFailure } from './failure.ts';
import { maskSecrets, printableUrl } from './mask.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole request, redirects and body included; 30 s by default. */
  readonly timeout?: Seconds;
  readonly signal?: AbortSignal;
  /** Of the answer's body; 1 MiB by default. */
  readonly maxBytes?: number;
  /** False: only the status is needed, and the body is not read, however long it is. */
  readonly wantsBody?: (status: number) => boolean;
  /** Data beyond `maxBytes` is not read, and is not an error. */
  readonly cut?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; several lines of one name are joined with ", " (RFC 9110 §5.2). */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The values of HTTP_PROXY, HTTPS_PROXY and NO_PROXY; app/world/proxy.ts reads them. */
export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

export interface HttpOptions {
  /** Trust these certificates, and only these, for https: the ca_file of a private CA or API. */
  readonly caPem?: string;
  readonly proxy?: ProxySettings;
  readonly userAgent?: string;
  /** Values that must not appear in errors. */
  readonly secrets?: readonly string[];
}

export interface HttpClient {
  /**
   * @throws AppError HTTP_FAILED when there is no complete answer, INTERRUPTED when the signal
   * ended it
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT: Seconds = 30;
const DEFAULT_MAX_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** A failure that this file detects itself; failure.ts explains the code. */
class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function createHttpClient(options: HttpOptions = {}): HttpClient {
  const dispatcher = makeDispatcher(options);
  const proxyUrls = [options.proxy?.httpProxy, options.proxy?.httpsProxy];
  const secrets = [...(options.secrets ?? []), ...proxyUrls.flatMap(passwordOf)];
  const userAgent = options.userAgent ?? 'holger';

  async function request(asked: HttpRequest): Promise<HttpResponse> {
    const timeout = asked.timeout ?? DEFAULT_TIMEOUT;
    const ender = new AbortController();
    const late = new Refusal('HTTP_TIMEOUT', `no complete answer within ${timeout} s`);
    const timer = setTimeout(() => ender.abort(late), timeout * 1000);
    const onAbort = (): void => ender.abort(asked.signal?.reason);
    asked.signal?.addEventListener('abort', onAbort, { once: true });
    if (asked.signal?.aborted) onAbort();
    const headers = { 'user-agent': userAgent, ...asked.headers };
    try {
      return await follow(dispatcher, { ...asked, headers, signal: ender.signal });
    } catch (error) {
      if (asked.signal?.aborted) throw interruption(asked, secrets);
      const proxies = proxyUrls.filter((url) => url !== undefined && url !== '') as string[];
      const facts = { method: asked.method, url: printableUrl(asked.url), secrets, proxies };
      throw httpFailure(facts, ender.signal.aborted ? late : error);
    } finally {
      clearTimeout(timer);
      asked.signal?.removeEventListener('abort', onAbort);
    }
  }
  return { request, close: () => dispatcher.close() };
}

function makeDispatcher(options: HttpOptions): Agent | EnvHttpProxyAgent {
  const trust = options.caPem === undefined ? {} : { ca: options.caPem };
  // The deadline is set here: undici's own limits of 300 s would end a request with a longer one.
  const common = { connect: trust, headersTimeout: 0, bodyTimeout: 0 };
  const { httpProxy = '', httpsProxy = '', noProxy = '' } = options.proxy ?? {};
  if (httpProxy === '' && httpsProxy === '') return new Agent(common);
  // All three are passed, also empty: EnvHttpProxyAgent would read a missing one from the
  // environment.
  return new EnvHttpProxyAgent({ ...common, requestTls: trust, httpProxy, httpsProxy, noProxy });
}

/**
 * GET and HEAD follow redirects; anything else returns the 3xx: a signed body is for one URL only
 * (RFC 8555 §6.4).
 */
async function follow(dispatcher: Dispatcher, first: HttpRequest): Promise<HttpResponse> {
  let asked = first;
  for (let redirects = 0; ; redirects++) {
    const response = await exchange(dispatcher, asked);
    const location = response.headers['location'];
    const isSafe = asked.method === 'GET' || asked.method === 'HEAD';
    if (!isSafe || !REDIRECTS.has(response.status) || location === undefined) return response;
    if (redirects === MAX_REDIRECTS) throw new Refusal('HTTP_REDIRECT', 'too many redirects');
    asked = redirected(asked, location);
  }
}

function redirected(asked: HttpRequest, location: string): HttpRequest {
  const from = new URL(asked.url);
  const to = new URL(location, from);
  if (from.protocol === 'https:' && to.protocol !== 'https:') {
    throw new Refusal('HTTP_REDIRECT', 'redirect from https to http');
  }
  if (from.origin === to.origin) return { ...asked, url: to.href };
  // Another host gets nothing that may be a credential.
  const kept = Object.entries(asked.headers ?? {}).filter(([name]) =>
    ['user-agent', 'accept'].includes(name.toLowerCase()),
  );
  return { ...asked, url: to.href, headers: Object.fromEntries(kept) };
}

async function exchange(dispatcher: Dispatcher, asked: HttpRequest): Promise<HttpResponse> {
  const response = await undiciRequest(asked.url, {
    dispatcher,
    method: asked.method,
    headers: { ...asked.headers },
    body: asked.body ?? null,
    signal: asked.signal ?? null,
  });
  const isWanted = asked.wantsBody?.(response.statusCode) ?? true;
  const body = isWanted ? await bodyOf(response.body, asked) : '';
  if (!isWanted) response.body.on('error', () => undefined).destroy();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return { status: response.statusCode, headers, body };
}

/** Leaving the loop destroys the stream and the connection: the rest is not read. */
async function bodyOf(
  stream: AsyncIterable<Uint8Array>,
  { maxBytes = DEFAULT_MAX_BYTES, cut = false }: HttpRequest,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= maxBytes) continue;
    if (!cut) throw new Refusal('HTTP_TOO_LARGE', `more than ${maxBytes} bytes`);
    break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function interruption(asked: HttpRequest, secrets: readonly string[]): AppError {
  const reason: unknown = asked.signal?.reason;
  if (reason instanceof AppError) return reason;
  const url = maskSecrets(printableUrl(asked.url), secrets);
  return new AppError('INTERRUPTED', `${asked.method} ${url} was interrupted`);
}

function passwordOf(url: string | undefined): string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { password } = new URL(url);
  return password === '' ? [] : [password];
}
