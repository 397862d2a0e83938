// Golden transcripts: each story must end as it says, and its transcript must equal its file.
// STORIES_UPDATE=1 writes the files; review every difference before you commit it.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stories as authority } from './authority.stories.ts';
import { stories as enrolment } from './enrolment.stories.ts';
import { stories as goingBack } from './going-back.stories.ts';
import { stories as mended } from './mended.stories.ts';
import { stories as nameServers } from './name-servers.stories.ts';
import { stories as pkix } from './pkix.stories.ts';
import { stories as services } from './services.stories.ts';
import { told } from './story.ts';
import type { Story } from './story.ts';
import { stories as strategies } from './strategies.stories.ts';
import { stories as time } from './time.stories.ts';
import { stories as topologies } from './topologies.stories.ts';
import { stories as waysOut } from './ways-out.stories.ts';
import { stories as wildcards } from './wildcards.stories.ts';
import { stories as zoneEdits } from './zone-edits.stories.ts';

const all: readonly Story[] = [
  ...enrolment,
  ...nameServers,
  ...zoneEdits,
  ...authority,
  ...services,
  ...goingBack,
  ...mended,
  ...pkix,
  ...time,
  ...strategies,
  ...topologies,
  ...waysOut,
  ...wildcards,
];
const file = (name: string): string => join(import.meta.dirname, `${name}.txt`);

describe('stories', () => {
  it.each(all)('$name', async (story) => {
    const { text, faults } = await told(story);
    expect(faults, text).toEqual([]);
    if (process.env['STORIES_UPDATE'] === '1') writeFileSync(file(story.name), text);
    expect(text).toBe(readFileSync(file(story.name), 'utf8'));
  });

  it('have each a file, and each file a story, of lines that fit a terminal', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));
    expect(files.sort()).toEqual(all.map(({ name }) => `${name}.txt`).sort());
    const long = files.flatMap((name) =>
      readFileSync(join(import.meta.dirname, name), 'utf8')
        .split('\n')
        .filter((line) => line.length > 100),
    );
    expect(long).toEqual([]);
  });
});
