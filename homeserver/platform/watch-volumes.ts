import { statfs } from 'node:fs/promises';
import { mediaFolder } from './config/media-folder.ts';
import type { PlatformContext } from './platform-context.ts';

const lookMs = 15_000;

/**
 * Tells the metrics what can still be written where this process keeps its files, for whoever watches without our monitor.
 * Gives how to end it.
 */
export function startVolumeWatch({ config, clock, metrics }: PlatformContext): () => Promise<void> {
  const ending = new AbortController();
  const labels = ['holds'] as const;
  const available = metrics.gauge({
    name: 'holdfast_volume_available_bytes',
    help: 'What an ordinary user may still write on the volume of a folder (bavail).',
    labels,
  });
  const size = metrics.gauge({ name: 'holdfast_volume_size_bytes', help: 'Size of that volume.', labels });
  const folders = [
    [config.database.url === undefined ? 'database' : 'data folder', config.dataDir],
    ['media', mediaFolder(config)],
  ] as const;
  const look = async ([holds, path]: (typeof folders)[number]) => {
    // A store over a network may hang, and that is all that comes of it: the next look waits for this one.
    const facts = await statfs(path).catch(() => undefined);
    if (facts) {
      available.set({ holds }, facts.bavail * facts.bsize);
      size.set({ holds }, facts.blocks * facts.bsize);
      return;
    }
    available.remove({ holds });
    size.remove({ holds });
  };
  const watch = async (folder: (typeof folders)[number]) => {
    while (!ending.signal.aborted) {
      await look(folder);
      await clock.sleep(lookMs, ending.signal);
    }
  };
  for (const folder of folders) void watch(folder);
  // One that hangs ends with the process.
  return async () => ending.abort();
}
