import type { Log } from '@holdfast/effects/log.ts';
import type { Config } from '../platform/config/config.ts';
import type { EmbeddedPostgresOptions } from '../platform/embedded-postgres/start-embedded-postgres.ts';

/** How every command starts the embedded PostgreSQL: what one writes without the archive would be in no backup. */
export function embeddedPostgresOptions({ dataDir, backup }: Config, log: Log): EmbeddedPostgresOptions {
  const { enabled, folder, reserveBytes } = backup;
  return { dataDir, log, ...(enabled && { backup: { folder, reserveBytes } }) };
}
