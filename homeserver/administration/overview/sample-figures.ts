import { statfs } from 'node:fs/promises';
import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';
import { type FigureSample, readSample } from './read-samples.ts';

const intervalMs = 10_000;
/** An hour. */
const keptSamples = 360;

/** The points that this process has, the oldest first. */
export const figureSamples = perContext<Context, FigureSample[]>(() => []);

/** Takes a point every ten seconds and keeps those of the last hour, in memory. Gives what ends it. */
export function startFigures(context: Context): () => Promise<void> {
  const stopping = new AbortController();
  const take = async () => {
    while (!stopping.signal.aborted) {
      await takeSample(context).catch((error: unknown) =>
        context.log.info({ err: error }, 'the figures for the console could not be taken'),
      );
      await context.clock.sleep(intervalMs, stopping.signal);
    }
  };
  const taking = take();
  return async () => {
    stopping.abort();
    await taking;
  };
}

/** Takes a point now. */
export async function takeSample(context: Context): Promise<void> {
  const [{ body }, disk] = await Promise.all([context.metrics.expose(), statfs(context.config.dataDir)]);
  const samples = figureSamples.of(context);
  samples.push({
    ...{ atMs: context.clock.wallMs(), ...readSample(body) },
    ...{ diskFreeBytes: disk.bavail * disk.bsize, diskBytes: disk.blocks * disk.bsize },
  });
  if (samples.length > keptSamples) samples.shift();
}
