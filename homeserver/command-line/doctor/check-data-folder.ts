import { access, constants, stat, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../platform/config/config.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const gibibyte = 2 ** 30;
const problemBytes = gibibyte;
const warningBytes = 5 * gibibyte;
const leastInodes = 50_000;

/** Whether the data folder can be written, and how much room is left on its volume. */
export async function checkDataFolder(config: Config): Promise<Finding[]> {
  const { dataDir } = config;
  const existing = await findExisting(dataDir);
  const rights = constants.R_OK | constants.W_OK | constants.X_OK;
  const mayWrite = await access(existing, rights).then(
    () => true,
    () => false,
  );
  const name = existing === dataDir ? `data folder ${dataDir}` : `data folder ${dataDir} (not there yet)`;
  if (!(await stat(existing)).isDirectory()) {
    return [problem(`${existing} is in the way: it is not a folder`, `mv ${existing} ${existing}.old`)];
  }
  if (!mayWrite) {
    const { username } = userInfo();
    return [problem(`${name}: ${existing} cannot be written by ${username}`, `sudo chown -R ${username} ${existing}`)];
  }
  return [ok(`${name} can be written`), ...(await checkRoom(existing)), ...(await checkOtherFolders(config))];
}

/** Those that the configuration puts elsewhere: files sent in rooms, and backups of the database that Holdfast runs. */
export function listOtherFolders({ dataDir, media, backup, database }: Config) {
  const keepsBackups = backup.enabled && database.url === undefined;
  const folders = [
    { key: 'media.store_path', folder: media.storePath },
    { key: 'backup.folder', folder: keepsBackups ? backup.folder : undefined },
  ];
  return folders.flatMap(({ key, folder }) => {
    const isElsewhere = folder !== undefined && folder !== dataDir && !folder.startsWith(`${dataDir}/`);
    return isElsewhere ? [{ key, folder: resolve(folder) }] : [];
  });
}

async function checkOtherFolders(config: Config): Promise<Finding[]> {
  const own = (await stat(await findExisting(config.dataDir))).dev;
  const found: Finding[] = [];
  for (const { key, folder } of listOtherFolders(config)) {
    const existing = await findExisting(folder);
    const mayWrite = await access(existing, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    const { username } = userInfo();
    const mend = `sudo chown -R ${username} ${existing}`;
    if (!mayWrite) found.push(problem(`${key}: ${existing} cannot be written by ${username}`, mend));
    else if ((await stat(existing)).dev !== own) found.push(...(await checkRoom(existing)));
  }
  return found;
}

async function checkRoom(folder: string): Promise<Finding[]> {
  const { bavail, bsize, files, ffree } = await statfs(folder);
  // bavail and not bfree: what the file system keeps for root is of no use to PostgreSQL.
  const freeBytes = bavail * bsize;
  const free = `${(freeBytes / gibibyte).toFixed(1)} GiB free on the volume of ${folder}`;
  const mend = `find what takes the room: du -xh ${folder} | sort -h | tail`;
  const findings = [
    freeBytes < problemBytes ? problem(free, mend) : freeBytes < warningBytes ? warning(free, mend) : ok(free),
  ];
  // Some file systems have no fixed number of files; they report 0.
  if (files > 0 && ffree < leastInodes) {
    findings.push(warning(`only ${ffree} more files fit on that volume`, `df -i ${folder}`));
  }
  return findings;
}

/** The folder itself, or the nearest one above it that is there. */
async function findExisting(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path).catch(() => undefined);
    if (found || path === dirname(path)) return path;
  }
}
