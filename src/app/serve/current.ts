// The configuration in use by a process that stays.
import { AppError, reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Config } from '../../config/schema.ts';

export interface CurrentOptions {
  /** As it is in the file now. @throws AppError CONFIG_INVALID */
  readonly read: () => Promise<Config>;
  readonly config: Config;
  readonly logger: Logger;
}

export class Current {
  config: Config;
  readonly #options: CurrentOptions;

  constructor(options: CurrentOptions) {
    this.config = options.config;
    this.#options = options;
  }

  /** One that cannot be used changes nothing, and is reported. */
  async readAgain(): Promise<void> {
    const { read, logger } = this.#options;
    try {
      const config = await read();
      this.#refuse(config);
      for (const warning of config.warnings) logger.warn('configuration', { warning });
      this.config = config;
      logger.info('configuration read again', { certificates: config.certificates.length });
    } catch (error) {
      const hint = error instanceof AppError ? error.hint : undefined;
      const detail = reasonOf(error);
      logger.error('the configuration cannot be used; the one before stays in use', {
        detail,
        ...(hint && { hint }),
      });
    }
  }

  /** What is open cannot be exchanged. */
  #refuse({ state, serve }: Config): void {
    const { config, logger } = this.#options;
    if (state.directory !== config.state.directory) {
      throw new AppError(
        'CONFIG_INVALID',
        `[state] directory is another one now: ${state.directory}`,
        { hint: 'start holger serve again to use it: systemctl restart holger-serve' },
      );
    }
    if (JSON.stringify(serve) === JSON.stringify(config.serve)) return;
    logger.warn('[serve] has changed; that is used after a new start', {
      hint: 'systemctl restart holger-serve',
    });
  }
}
