// Providers whose changes wait until they are published by a request: no change may wait
// permanently.
import { describe, expect, it } from 'vitest';
import { overRecords } from '../../providers/_kit/records.ts';
import type { HeldRecord } from '../../providers/_kit/records.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx.example.org');
const RDATA = `030101${'aa'.repeat(32)}`;

function hoster(): { readonly log: string[]; fails: string; apply(): Promise<unknown> } {
  const records: HeldRecord[] = [];
  const state = { log: [] as string[], fails: '' };
  const did = (what: string): Promise<void> => {
    state.log.push(what);
    const lost = new AppError('PROVIDER_FAILED', `${what}: no answer`, { hint: 'wait' });
    return state.fails === what ? Promise.reject(lost) : Promise.resolve();
  };
  const provider = overRecords({
    host: 'an API',
    traits: {
      ...{ types: ['TXT', 'TLSA'], conditional: false, edits: 'record', ttl: { least: 60 } },
      ...{ signs: 'always', tellsApplied: false },
    },
    zoneAt: (name) => Promise.resolve(name === ZONE ? { name } : undefined),
    list: () => Promise.resolve([...records]),
    add: (_zone, { rdata, ttl }) => {
      records.push({ id: '1', rdata, ttl });
      return did('add');
    },
    remove: () => did('remove'),
    publish: () => did('publish'),
  });
  const edit = {
    ...({ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600 } as const),
    ...{ add: [RDATA], remove: [], expect: [] },
  };
  return Object.assign(state, { apply: () => provider.apply(edit, {}) });
}

describe('changes that wait', () => {
  it('publishes after it has written', async () => {
    const { log, apply } = hoster();
    expect(await apply()).toBe('accepted');
    expect(log).toEqual(['add', 'publish']);
  });

  it.each(['add', 'publish'])(
    'publishes what an earlier run left when its %s failed',
    async (fails) => {
      const one = hoster();
      one.fails = fails;
      await expect(one.apply()).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
      one.fails = '';
      one.log.length = 0;
      expect(await one.apply()).toBe('accepted');
      expect(one.log).toEqual(['publish']);
    },
  );
});
