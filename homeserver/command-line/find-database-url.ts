import type { Config } from '../platform/config/config.ts';
import { findEmbeddedPostgres } from '../platform/embedded-postgres/find-embedded-postgres.ts';
import { CommandError } from './command.ts';

/** The URL of the database that the configuration means; the embedded one has to be running. */
export async function findDatabaseUrl(config: Config): Promise<string> {
  if (config.database.url !== undefined) return config.database.url;
  const found = await findEmbeddedPostgres(config.dataDir);
  if (!found)
    throw new CommandError(`There is no database in ${config.dataDir} yet: Holdfast was never started on it.`);
  if (found.pid === undefined) throw new CommandError(`The database in ${config.dataDir} is not running.`);
  return found.url;
}
