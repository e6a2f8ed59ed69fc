import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { PostgresUser } from '../embedded-postgres/choose-postgres-user.ts';
import { writeOwnedFile } from '../embedded-postgres/initialize-cluster.ts';
import { type BaseBackup, names, packedPath, reachOf } from './base-backup.ts';
import { type ArchivedLog, logNumberOf, logSizeBytes } from './log-name.ts';
import { forEachFile, readPackedFile } from './packed-file.ts';

/** What is wrong with a base backup; nothing if it can be restored. */
export type BackupProblems = readonly string[];

const shownProblems = 20;
/** Where a log's own place and the identity of its database stand in its first page (XLogLongPageHeaderData). */
const header = { place: 8, systemIdentifier: 24, bytes: 32 };

/**
 * Reads a base backup and every log behind it from one end to the other: each file must hold what it held when it was
 * copied, each log must be whole, in its place and of this database. A good one is marked with the time.
 */
export async function verifyBaseBackup(
  backup: BaseBackup,
  logs: readonly ArchivedLog[],
  { clock, user, signal }: { clock: Clock; user: PostgresUser | undefined; signal?: AbortSignal },
): Promise<BackupProblems> {
  const problems: string[] = [];
  const note = (problem: string) => void (problems.length < shownProblems && problems.push(problem));
  await forEachFile(backup.manifest.files, async ({ path, sizeBytes, sha256 }) => {
    signal?.throwIfAborted();
    const content = await readPackedFile(packedPath(backup.folder, path)).catch((error: Error) =>
      note(`${path}: ${error.message}`),
    );
    if (content && (content.sizeBytes !== sizeBytes || content.sha256 !== sha256))
      note(`${path}: its content has changed`);
  });
  if (!(await stat(join(backup.folder, names.passwords)).catch(() => undefined))) note(`${names.passwords} is missing`);
  const reach = reachOf(backup, logs);
  if (!reach.isWhole) note(`logs up to ${backup.manifest.stopPlace} are missing, without which it cannot be used`);
  for (const log of reach.logs) {
    signal?.throwIfAborted();
    const problem = await checkLog(log, backup.manifest.systemIdentifier);
    if (problem) note(`${log.file}: ${problem}`);
  }
  if (problems.length === 0) {
    const verified = { verifiedAt: new Date(clock.wallMs()).toISOString() };
    await writeOwnedFile(join(backup.folder, names.verified), JSON.stringify(verified), user);
  }
  return problems;
}

async function checkLog(log: ArchivedLog, systemIdentifier: string): Promise<string | undefined> {
  let first: Buffer | undefined;
  try {
    const { sizeBytes } = await readPackedFile(log.file, (bytes) => {
      first = Buffer.from(bytes.subarray(0, header.bytes));
    });
    if (sizeBytes !== logSizeBytes || !first) return `it has ${sizeBytes} bytes instead of ${logSizeBytes}`;
  } catch (error) {
    return (error as Error).message;
  }
  const place = first.readBigUInt64LE(header.place);
  if (logNumberOf(`${(place >> 32n).toString(16)}/${(place & 0xffff_ffffn).toString(16)}`) !== log.number) {
    return 'it is another log than its name says';
  }
  const found = first.readBigUInt64LE(header.systemIdentifier).toString();
  return found === systemIdentifier ? undefined : 'it is of another database';
}
