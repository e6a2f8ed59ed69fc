import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { findBackupFolder } from '../../platform/backups/backup-folder.ts';
import { listBaseBackups } from '../../platform/backups/base-backup.ts';
import { openConfiguredBucket } from '../../platform/backups/bucket/open-configured-bucket.ts';
import { readLostLogs } from '../../platform/backups/lost-logs.ts';
import type { Config } from '../../platform/config/config.ts';
import { choosePostgresUser } from '../../platform/embedded-postgres/choose-postgres-user.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const slack = 1.25;
const bucketMs = 10_000;
const verify = 'npm run --silent holdfast -- backup verify';
const make = 'npm run --silent holdfast -- backup now';

/** What the judgement goes by. */
export interface BackupFacts {
  readonly problem: string | undefined;
  readonly lostLogs: number;
  /** Since the newest that was found whole was made; undefined: there is none. */
  readonly newestWholeAgeMs: number | undefined;
  readonly count: number;
  readonly isSameDisk: boolean;
  readonly intervalMs: number;
}

/** Whether the database that Holdfast runs could be restored. Backups of another are their keeper's matter. */
export async function checkBackups({ dataDir, database, backup }: Config): Promise<Finding[]> {
  if (database.url !== undefined) return [];
  if (!backup.enabled) return [warning('backups are switched off', 'backup.enabled: true in holdfast.yaml')];
  const home = await realpath(join(dataDir, 'postgresql')).catch(() => undefined);
  if (home === undefined) return [];
  const place = await findBackupFolder({ dataDir, home, user: choosePostgresUser(home) }, backup);
  const backups = place.problem === undefined ? await listBaseBackups(place.folder) : [];
  const whole = backups.findLast(({ verifiedAt }) => verifiedAt !== undefined);
  const bucket = await checkBucket(backup);
  const judged = judgeBackups({
    ...{ problem: place.problem, count: backups.length },
    isSameDisk: place.isSameDisk && backup.bucket.endpoint === undefined,
    lostLogs: (await readLostLogs(home)).length,
    newestWholeAgeMs: whole && systemClock.wallMs() - Date.parse(whole.manifest.endedAt),
    intervalMs: backup.intervalHours * hourMs,
  });
  return [...judged, ...bucket];
}

/** Whether the bucket answers these keys. */
async function checkBucket({ bucket: settings }: Config['backup']): Promise<Finding[]> {
  const what = `the bucket ${settings.name} at ${settings.endpoint}`;
  try {
    const bucket = await openConfiguredBucket(settings, systemClock, systemRandom);
    if (!bucket) return [];
    const query = { 'list-type': '2', 'max-keys': '1', prefix: settings.prefix };
    await bucket.stream({ method: 'GET', query }, bucketMs, async () => undefined).finally(() => bucket.close());
    return [ok(`${what} answers`)];
  } catch (error) {
    return [problem(`${what} cannot be used: ${(error as Error).message}`, 'docs/operating/backups.md: It says')];
  }
}

export function judgeBackups(facts: BackupFacts): Finding[] {
  const { problem: inTheWay, lostLogs, newestWholeAgeMs, count, isSameDisk, intervalMs } = facts;
  if (inTheWay !== undefined)
    return [problem(`nothing can be restored: ${inTheWay}`, 'mount the volume of backup.folder')];
  if (newestWholeAgeMs === undefined) {
    const what = count === 0 ? 'there is no backup yet' : `none of ${count} backups was found whole`;
    return [warning(`nothing can be restored: ${what}`, count === 0 ? make : verify)];
  }
  const age = `the newest backup that was found whole is ${(newestWholeAgeMs / dayMs).toFixed(1)} days old`;
  const findings = [newestWholeAgeMs > intervalMs * slack ? warning(age, make) : ok(age)];
  if (lostLogs > 0) findings.push(warning(`${lostLogs} logs were given up: only older times can be restored`, make));
  if (isSameDisk) findings.push(warning('backups are on the disk of the database', 'name another in backup.folder'));
  return findings;
}
