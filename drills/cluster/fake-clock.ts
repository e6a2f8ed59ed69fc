import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFakeTime } from './find-fake-time.ts';

/** The wall clock of one process, which can be stepped while it runs. */
export interface FakeClock {
  /** Of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** How far it is ahead from now on. */
  step(seconds: number): Promise<void>;
}

/** Throws with what is missing where it cannot be had. */
export async function prepareFakeClock(folder: string): Promise<FakeClock> {
  const library = await findFakeTime();
  const file = join(folder, 'clock');
  const step = (seconds: number) => writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  await step(0);
  return {
    environment: {
      ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1' },
      // The monotonic clock is what a step of the wall clock leaves alone.
      ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' },
    },
    step,
  };
}
