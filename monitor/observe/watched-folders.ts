import { join } from 'node:path';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';

/** A folder whose volume is watched. */
export interface WatchedFolder {
  readonly path: string;
  /** Such as `media`. */
  readonly holds: string;
  /** Where PostgreSQL keeps its logs, if it is on this volume. */
  readonly logs?: string;
  /** Of the node exporter on whose machine it is; this machine's where there is none. */
  readonly exporter?: string;
  /** The file that holds room for the database is in it. */
  readonly hasReserve?: boolean;
  /** It may not be made yet: until then it is where its parent is. */
  readonly mayBeMissing?: boolean;
}

/** What the configuration names, and where Holdfast itself keeps things. Only a PostgreSQL that it runs is in the data folder. */
export function listFolders(settings: MonitorSettings): WatchedFolder[] {
  const { data_dir: path, media_dir: media, backup_folder: backups, status_folder: status } = settings;
  const logs = join(path, 'postgresql', 'data', 'pg_wal');
  const data: WatchedFolder = settings.is_database_embedded
    ? { path, holds: 'database', logs, hasReserve: true }
    : { path, holds: 'data folder', hasReserve: true };
  const own = [
    { path: media, holds: 'media' },
    ...(backups === undefined ? [] : [{ path: backups, holds: 'backups' }]),
    ...(status === undefined ? [] : [{ path: status, holds: 'status page' }]),
  ];
  return [data, ...own.map((each) => ({ ...each, mayBeMissing: true })), ...settings.volumes];
}
