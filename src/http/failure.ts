// Why a request got no answer, in words and with a code. undici wraps causes in causes; an operator
// can search for the innermost code.
import { isIP } from 'node:net';
import { AppError, reasonOf } from '../base/errors.ts';
import { entryOf } from '../base/table.ts';
import { maskSecrets } from './mask.ts';

/** Codes of node:tls and OpenSSL that mean: the peer's certificate is not trusted. */
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

interface Explanation {
  readonly text: string;
  readonly hint?: string;
  /** A setting is wrong or missing, here or at the peer: another try does not help. */
  readonly lasting?: true;
}

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: { text: 'the host name does not exist', hint: 'check the host name in the URL' },
  EAI_AGAIN: { text: 'the host name could not be looked up', hint: 'check the resolver' },
  ECONNREFUSED: { text: 'connection refused', hint: 'check that the server listens there' },
  ECONNRESET: { text: 'the connection was reset' },
  EPIPE: { text: 'the connection was reset' },
  UND_ERR_SOCKET: { text: 'the server closed the connection' },
  ENETUNREACH: { text: 'network unreachable', hint: 'check routing and firewall' },
  EHOSTUNREACH: { text: 'host unreachable', hint: 'check routing and firewall' },
  ETIMEDOUT: { text: 'connecting timed out', hint: 'check routing and firewall' },
  UND_ERR_CONNECT_TIMEOUT: { text: 'connecting timed out', hint: 'check routing and firewall' },
  CERT_HAS_EXPIRED: { text: "the server's certificate has expired" },
  CERT_NOT_YET_VALID: {
    text: "the server's certificate is not yet valid",
    hint: 'check the clock of this machine',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    text: "the server's certificate is for another name",
    hint: 'check the host name in the URL',
    lasting: true,
  },
  HTTP_TIMEOUT: { text: 'no complete answer in time' },
  HTTP_TOO_LARGE: { text: 'the answer is larger than allowed' },
  HTTP_REDIRECT: { text: 'redirected to a URL that is not allowed' },
};

const untrusted: Explanation = {
  text: "the server's certificate is not trusted",
  hint: "set ca_file to the PEM file of the CA that signed the server's own certificate",
  lasting: true,
};

/**
 * The code of the innermost cause: ENOTFOUND, ECONNREFUSED, CERT_HAS_EXPIRED …; undefined if there
 * is none.
 */
function causeCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Several addresses were tried (happy eyeballs): the reason of the first one is used for all.
  const several: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return causeCode(error.cause) ?? several.map(causeCode).find((code) => code) ?? own;
}

/** How a connection was made, as far as the error says. */
function wayOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const several: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const inner = [error.cause, ...several].flatMap(wayOf);
  const { address, hostname, port } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly hostname?: string;
    readonly port?: number;
  };
  const own = [address, hostname].flatMap((host) =>
    host === undefined ? [] : [host, `${host}:${port ?? ''}`],
  );
  return [...own, ...inner];
}

const TUNNEL = /^Proxy response \((\d+)\) !== 200/;

/** The proxy that failed, if the error is about the proxy and not about the server behind it. */
function failedProxy(error: unknown, proxies: readonly string[]): URL | undefined {
  const way = wayOf(error);
  const urls = proxies.filter((one) => URL.canParse(one)).map((one) => new URL(one));
  if (TUNNEL.test(reasonOf(error)) || TUNNEL.test(reasonOf((error as Error).cause))) return urls[0];
  return urls.find(({ protocol, hostname, port }) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const at = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
    return way.includes(`${host}:${at}`) || (way.includes(host) && isIP(host) === 0);
  });
}

/** Facts about the request that failed. */
export interface FailedRequest {
  readonly method: string;
  /** Printable: no user name, no query. */
  readonly url: string;
  readonly secrets: readonly string[];
  /** URLs of the proxies that may have been used. */
  readonly proxies?: readonly string[];
}

function hintOf(known: Explanation | undefined, proxy: URL | undefined): { hint?: string } {
  if (proxy !== undefined) {
    return {
      hint:
        'check HTTP_PROXY and HTTPS_PROXY in the environment of holger, or exclude the host ' +
        'with NO_PROXY',
    };
  }
  return known?.hint === undefined ? {} : { hint: known.hint };
}

/**
 * HTTP_FAILED with `details.cause` = the code, `details.untrusted` if the peer's certificate is the
 * reason.
 */
export function httpFailure(
  request: FailedRequest,
  error: unknown,
  code = causeCode(error),
): AppError {
  const isUntrusted = code !== undefined && UNTRUSTED.has(code);
  const known = isUntrusted ? untrusted : entryOf(EXPLANATIONS, code ?? '');
  const proxy = failedProxy(error, request.proxies ?? []);
  const said = known?.text ?? maskSecrets(reasonOf(error), request.secrets);
  const because =
    proxy === undefined ? said : `the proxy ${proxy.protocol}//${proxy.host}: ${said}`;
  const url = maskSecrets(request.url, request.secrets);
  const text = `${request.method} ${url}: ${because}${code === undefined ? '' : ` (${code})`}`;
  // The original error is not kept as `cause`: its message may contain what was sent.
  return new AppError('HTTP_FAILED', text, {
    ...hintOf(known, proxy),
    overdue: known?.lasting === true,
    details: { method: request.method, url, cause: code ?? 'unknown', untrusted: isUntrusted },
  });
}
