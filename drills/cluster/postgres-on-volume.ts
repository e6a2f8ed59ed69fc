import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { withConnection } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { findEmbeddedPostgres } from '@holdfast/homeserver/platform/embedded-postgres/find-embedded-postgres.ts';
import { type DrillPostgres, startDrillPostgres } from './drill-postgres.ts';
import { mountSmallVolume } from './small-volume.ts';

const stopWithinMs = 60_000;

/** PostgreSQL whose data is on a volume of its own. */
export interface PostgresOnVolume extends DrillPostgres {
  readonly superuserUrl: string;
  /** Takes what is free again and again, and has PostgreSQL begin new logs; true once its process is gone. */
  fillUntilStopped(): Promise<boolean>;
  /** Gives back what was taken. */
  free(): Promise<void>;
}

/** Where its data is, below the folder that startPostgresOnVolume was given. */
export const volumeDataFolder = (folder: string) => join(folder, 'volume', 'data');

/** Needs Linux and root; says so where it cannot be done. */
export async function startPostgresOnVolume(folder: string, sizeBytes: number): Promise<PostgresOnVolume> {
  const volume = await mountSmallVolume(folder, sizeBytes);
  const dataDir = volumeDataFolder(folder);
  await mkdir(dataDir, { mode: 0o711 });
  await chmod(volume.folder, 0o711);
  const postgres = await startDrillPostgres(dataDir, join(folder, 'postgres.log'));
  return {
    ...postgres,
    superuserUrl: (await findEmbeddedPostgres(dataDir))?.superuserUrl ?? '',
    free: () => volume.free(),
    async fillUntilStopped() {
      const untilMs = performance.now() + stopWithinMs;
      while (performance.now() < untilMs) {
        await volume.fill();
        const found = await findEmbeddedPostgres(dataDir);
        if (found?.pid === undefined) return true;
        await withConnection(found.superuserUrl, (sql) => sql`SELECT pg_switch_wal()`).catch(() => {});
        await wait(100);
      }
      return false;
    },
    async stop() {
      await volume.free();
      await postgres.stop();
      await volume.unmount();
    },
  };
}
