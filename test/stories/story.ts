// A story: a name, which is also the name of its file, what it is about, and what happens.
import { Scene } from './scene.ts';
import type { Setting } from './setting.ts';
import { Transcript } from './transcript.ts';

export interface Story {
  readonly name: string;
  /** What it is about, in one or two sentences: the head of its transcript. */
  readonly about: string;
  readonly setting?: Setting;
  readonly tell: (scene: Scene) => Promise<void>;
}

export interface Told {
  readonly text: string;
  /** What differs from what the story says; empty if it is as it should be. */
  readonly faults: readonly string[];
}

export async function told({ about, setting, tell }: Story): Promise<Told> {
  const transcript = new Transcript(about);
  const scene = new Scene(transcript, setting);
  try {
    await tell(scene);
    const faults = scene.verdict();
    return { text: transcript.text, faults };
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { text: transcript.text, faults: [why, ...scene.judge.faults] };
  }
}
