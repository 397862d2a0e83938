// What `holger serve` shows over HTTP: filled after each round.
import type { Clock, Instant, Seconds } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { readPemFile } from '../../config/pem-file.ts';
import type { Config } from '../../config/schema.ts';
import { Accounts } from '../../engine/accounts.ts';
import { eventJson } from '../../engine/event-json.ts';
import type { Event } from '../../engine/events.ts';
import type { History } from '../../ports/history.ts';
import { Metrics } from '../../web/metrics.ts';
import type { Listen, PageQuery, Pages, Served, Tls } from '../../web/served.ts';
import { openWebServer } from '../../web/server.ts';
import { certificatePage } from '../page/certificate-page.ts';
import type { CertificateContext } from '../page/certificate-page.ts';
import type { Wording } from '../page/events.ts';
import { noticePage } from '../page/frame.ts';
import { listPage } from '../page/list-page.ts';
import { select } from '../page/rows.ts';
import { STYLE } from '../page/style.ts';
import { Snapshot } from '../serve/snapshot.ts';
import { statusOf } from '../status/status.ts';
import { eventsOf } from '../world/history.ts';
import { readRegistered } from '../world/registered-secret.ts';
import { chosen } from './app-world.ts';
import type { AppWorld } from './app-world.ts';

/** Certificates whose documents are in memory at the same time. */
const AT_ONCE = 32;
/** A round is that long only when something hangs, and does not start that late by itself. */
const LONGEST_ROUND: Seconds = 3600;
const LATEST: Seconds = 300;

export class Site implements Served {
  readonly #snapshot = new Snapshot();
  readonly #metrics: Metrics;
  readonly #history: History;
  readonly #clock: Clock;
  readonly #log: Logger;
  #text = '';
  #begunAt: Instant | undefined;
  #endedAt: Instant;
  #nextAt: Instant;
  #seconds: Seconds = 0;

  readonly pages: Pages;

  constructor({ version, history, clock, log, wording }: SiteOptions) {
    this.#metrics = new Metrics(version);
    this.pages = {
      list: (query) => this.#listPage(query, version),
      certificate: (name, isWhole) => this.#certificatePage(name, { version, wording, isWhole }),
      notice: (message) => noticePage(message, version),
      style: STYLE,
    };
    this.#history = history;
    this.#clock = clock;
    this.#log = log;
    this.#endedAt = clock.now();
    this.#nextAt = clock.now();
  }

  see(event: Event): void {
    this.#metrics.count(event.event, 'code' in event ? event.code : undefined);
  }

  begins(): void {
    this.#begunAt = this.#clock.now();
  }

  ends(result: 'done' | 'failed'): void {
    const now = this.#clock.now();
    this.#metrics.countRound(result);
    this.#seconds = now - (this.#begunAt ?? now);
    this.#begunAt = undefined;
    this.#endedAt = now;
    // Unless a later time is known in a moment.
    this.#nextAt = now;
  }

  async rests(until: Instant): Promise<void> {
    this.#nextAt = until;
    const round = { endedAt: this.#endedAt, seconds: this.#seconds, nextAt: until };
    this.#text = await this.#metrics.render(this.#snapshot.samples(), round);
  }

  /** Of all that exist, those that were examined, and those that are not known yet, are read. */
  async refresh(examined: ReadonlySet<string>, app: AppWorld): Promise<void> {
    try {
      await this.#refresh(examined, app);
    } catch (error) {
      // Only what is shown is older.
      this.#log.error('the state could not be read for HTTP', { detail: reasonOf(error) });
    }
  }

  async #refresh(examined: ReadonlySet<string>, app: AppWorld): Promise<void> {
    const { config, readOnly } = app;
    const tasks = await chosen([], { config, world: readOnly });
    this.#snapshot.keep(new Set(tasks.map(({ intent }) => intent.name)));
    const isDue = (name: string): boolean => examined.has(name) || !this.#snapshot.has(name);
    const due = tasks.filter(({ intent }) => isDue(intent.name));
    const world = { ...readOnly, accounts: new Accounts() };
    for (let from = 0; from < due.length; from += AT_ONCE) {
      const some = due.slice(from, from + AT_ONCE);
      const statuses = await Promise.all(some.map((task) => statusOf(task, world)));
      for (const status of statuses) this.#snapshot.take(status, this.#clock.now());
      if (app.call.signal?.aborted === true) return;
    }
    this.#snapshot.finish(this.#clock.now());
  }

  #listPage(query: PageQuery, version: string): string | undefined {
    const found = this.#snapshot.rows();
    if (found === undefined) return undefined;
    const { rows, at } = found;
    const now = this.#clock.now();
    return listPage(select(rows, query), { version, now, at, late: this.late() });
  }

  #certificatePage(
    name: string,
    shown: Pick<CertificateContext, 'version' | 'wording' | 'isWhole'>,
  ): string | undefined {
    const seen = this.#snapshot.seen(name);
    if (seen === undefined) return undefined;
    const events = eventsOf(name, this.#history);
    return certificatePage(seen, { ...shown, events, now: this.#clock.now() });
  }

  certificates(): Buffer | undefined {
    return this.#snapshot.list();
  }

  certificate(name: string): string | undefined {
    return this.#snapshot.whole(name);
  }

  history(name: string): string | undefined {
    const events = eventsOf(name, this.#history);
    if (events.length === 0 && !this.#snapshot.has(name)) return undefined;
    return JSON.stringify({ schema: 1, certificate: name, events: events.map(eventJson) });
  }

  metrics(): string {
    return this.#text;
  }

  late(): string | undefined {
    const now = this.#clock.now();
    const begunAt = this.#begunAt;
    if (begunAt !== undefined) {
      const isLong = now - begunAt > LONGEST_ROUND;
      return isLong ? `a round began at ${formatInstant(begunAt)} and has not ended` : undefined;
    }
    const isLate = now - this.#nextAt > LATEST;
    return isLate ? `a round was due at ${formatInstant(this.#nextAt)}` : undefined;
  }
}

export interface SiteOptions {
  readonly version: string;
  readonly history: History;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wording: Wording;
}

type ServeConfig = Config['serve'];

export interface OpenSite {
  readonly site: Site;
  /** A certificate that was renewed is used from now on. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** @throws AppError CONFIG_INVALID, SECRET_UNREADABLE */
export async function openSite(
  listen: Listen,
  { names, proxies, userHeader, token: ref, ...files }: ServeConfig,
  options: SiteOptions,
): Promise<OpenSite> {
  const { version, log } = options;
  const site = new Site(options);
  const token = ref && (await readRegistered(ref));
  let tls = await tlsOf(files);
  const server = await openWebServer({
    ...{ version, listen, served: site, log },
    access: { names, proxies, ...defined({ token, userHeader }) },
    ...defined({ tls }),
  });
  log.info('listening', { address: server.address });
  return {
    site,
    renew: async () => {
      try {
        const now = await tlsOf(files);
        if (now === undefined || JSON.stringify(now) === JSON.stringify(tls)) return;
        server.useTls(now);
        tls = now;
      } catch (error) {
        log.warn('the certificate of [serve] cannot be read', { detail: reasonOf(error) });
      }
    },
    close: () => server.close(),
  };
}

async function tlsOf({
  certificate,
  key,
}: Pick<ServeConfig, 'certificate' | 'key'>): Promise<Tls | undefined> {
  if (certificate === undefined || key === undefined) return undefined;
  const cert = await readPemFile('serve.certificate', certificate);
  return { cert, key: await readPemFile('serve.key', key, 'CONFIG_INVALID', true) };
}
