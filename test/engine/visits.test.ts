import { describe, expect, it } from 'vitest';
import { Visits } from '../../src/engine/visits.ts';

describe('K10: one process visits a service so seldom that no server counts it as abuse', () => {
  it('its certificates are planned often, but visits are at most ten in the first minute and one in each further one', () => {
    const visits = new Visits();
    const made: number[] = [];
    for (let now = 0; now < 600; now += 0.1) {
      if (!visits.isDue('smtp://mx1:25', now, false)) continue;
      made.push(now);
      visits.visited('smtp://mx1:25', now);
    }
    expect(made.filter((at) => at <= 60).length).toBeLessThanOrEqual(10);
    expect(made.filter((at) => at > 60).length).toBeLessThanOrEqual(10);
  });
  it('two observations before one act are one visit; a clock that was set back does not prevent it', () => {
    const visits = new Visits();
    visits.visited('a', 100);
    expect(visits.isDue('a', 100.5, true)).toBe(false);
    expect(visits.isDue('a', 102, true)).toBe(true);
    expect(visits.isDue('a', 50, false)).toBe(true);
  });
});
