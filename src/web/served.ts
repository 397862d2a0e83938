// What is served over HTTP, and to which requests. Answers are made once, after each round, and not
// for each request.

/** What a request for the list asks for, as it was sent. */
export interface PageQuery {
  readonly q?: string;
  readonly state?: string;
  readonly page?: string;
}

/** For browsers: HTML without scripts and styles, as of the time of the request. */
export interface Pages {
  /** Undefined until all certificates were read once. */
  list(query: PageQuery): string | undefined;
  /** Undefined: there is none of that name. */
  certificate(name: string, isWhole: boolean): string | undefined;
  /** With nothing but a message. */
  notice(message: string): string;
  /** CSS. */
  readonly style: string;
}

export interface Served {
  readonly pages: Pages;
  /** JSON. Undefined until all certificates were read once. */
  certificates(): Buffer | undefined;
  /** JSON. Undefined: there is none of that name. */
  certificate(name: string): string | undefined;
  /** JSON. Undefined: nothing is known of that name. */
  history(name: string): string | undefined;
  /** In the text format of Prometheus. */
  metrics(): string;
  /** What is wrong; undefined: rounds happen at their time. */
  late(): string | undefined;
}

export interface Access {
  /** Host names under which it is reached, besides the address itself. */
  readonly names: readonly string[];
  readonly token?: string;
  /** In lower case. */
  readonly userHeader?: string;
  readonly proxies: readonly string[];
}

export interface Tls {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export type Listen = { readonly host: string; readonly port: number } | { readonly socket: string };
