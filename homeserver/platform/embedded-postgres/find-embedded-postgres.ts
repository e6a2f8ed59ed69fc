import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { formatClusterUrl, formatSuperuserUrl } from './cluster-connection.ts';
import { readCredentials } from './initialize-cluster.ts';
import { readLastPort } from './launch-postmaster.ts';
import { findRunningPid } from './postmaster.ts';

/** The database in a data folder, as seen from a process that did not start it. */
export interface FoundEmbeddedPostgres {
  readonly url: string;
  readonly superuserUrl: string;
  /** Undefined if it does not run. */
  readonly pid: number | undefined;
}

/** Finds the database of a data folder; undefined if none was made yet. Changes nothing. Throws if it may not look. */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundEmbeddedPostgres | undefined> {
  const home = await realpath(join(dataDir, 'postgresql')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (home === undefined) return undefined;
  const dataFolder = join(home, 'data');
  const [credentials, port] = await Promise.all([readCredentials(home), readLastPort(dataFolder)]);
  if (credentials === undefined || port === undefined) return undefined;
  return {
    url: formatClusterUrl(credentials, port),
    superuserUrl: formatSuperuserUrl(credentials, port),
    pid: await findRunningPid(dataFolder),
  };
}
