// Records that other certificates of this installation want at an owner: a record is superseded only when nobody wants it.
import type { RdataHex } from '../dns/rrset.ts';
import type { Lineage } from '../rollover/model.ts';
import { ownersOf } from '../rollover/facts.ts';
import { recordsOf } from '../rollover/wanted.ts';
import { lineageKey } from './memory.ts';
import type { Task, World } from './world.ts';

export async function claimsOfOthers(
  task: Task,
  world: World,
): Promise<Readonly<Record<string, readonly RdataHex[]>>> {
  const claims: Record<string, RdataHex[]> = {};
  for (const intent of task.neighbours) {
    const stored = await world.store.read<Lineage>(lineageKey(intent.name));
    const chains = (stored?.value.generations ?? [])
      .filter(({ state }) => state === 'live' || state === 'issued')
      .flatMap(({ chain }) => chain ?? []);
    for (const owner of ownersOf(intent)) {
      const records = chains.flatMap((chain) =>
        intent.policy.records.flatMap((combination) =>
          recordsOf(chain, combination, intent.policy),
        ),
      );
      claims[owner] = [...(claims[owner] ?? []), ...records];
    }
  }
  return claims;
}
