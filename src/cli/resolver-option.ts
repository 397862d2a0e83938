// `--resolver`, for every command that has this option.
import { isIP } from 'node:net';
import { AppError } from '../base/errors.ts';
import type { ServerAddress } from '../config/fields.ts';

/**
 * `127.0.0.1`, `127.0.0.1:5353`, `::1`, `[::1]:5353`; a port may also follow "#". @throws AppError
 * USAGE
 */
export function resolverOf(text: string): ServerAddress {
  const whole = isIP(text) === 0 ? undefined : { host: text, port: 53 };
  const [, v6, v4, port = '53'] = /^(?:\[([^\]]+)\]|([\d.]+))(?:[:#](\d{1,5}))?$/.exec(text) ?? [];
  const written = { host: v6 ?? v4 ?? '', port: Number(port) };
  const isWritten = isIP(written.host) === (v6 === undefined ? 4 : 6);
  const server = whole ?? (isWritten ? written : undefined);
  if (server !== undefined && server.port > 0 && server.port < 65_536) return server;
  throw new AppError('USAGE', `"${text}" is not the address of a resolver`, {
    hint: 'write it like 127.0.0.1, 127.0.0.1:5353, ::1 or [::1]:5353',
  });
}
