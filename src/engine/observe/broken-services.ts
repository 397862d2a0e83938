// A service that a deployment broke: reported once as an event, and kept in the state until the
// service works again.
import { brokenServices } from '../../rollover/plan/deploy/broken-services.ts';
import type { Facts } from '../../rollover/law/facts.ts';
import { liveGeneration, withGeneration } from '../../rollover/model.ts';
import type { Generation } from '../../rollover/model.ts';
import type { Job } from '../job.ts';

export async function reportBroken(
  { task, memory, world }: Job,
  facts: Pick<Facts, 'services' | 'lineage'>,
): Promise<void> {
  const live = liveGeneration(memory.lineage);
  if (live === undefined) return;
  const at = world.clock.now();
  const reasons = brokenServices(live, task.intent, facts, at);
  if (reasons.length > 0 === (live.broken !== undefined)) return;
  const { broken: _before, ...well } = live;
  const because = reasons.map((reason) => reason.because);
  const now: Generation = reasons.length === 0 ? well : { ...well, broken: { at, because } };
  await memory.saveLineage(withGeneration(memory.lineage, now));
  if (reasons.length === 0) return;
  const { name: certificate } = task.intent;
  world.emit({ event: 'broken', certificate, at, generation: live.number, reasons });
}
