import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaseBackup } from './base-backup.ts';
import { reachOf } from './base-backup.ts';
import { decideBackup } from './decide-backup.ts';
import { type ArchivedLog, formatLogName, logNumberOf, parseLogName } from './log-name.ts';
import { chooseKept } from './prune-backups.ts';

const dayMs = 24 * 60 * 60_000;

/** One a day, each in the log of its day. */
function backup(day: number, more: { verified?: boolean; timeline?: number } = {}): BaseBackup {
  const { verified = true, timeline = 1 } = more;
  const place = `0/${(day * 16 * 2 ** 20 + 40).toString(16)}`;
  const at = new Date(day * dayMs).toISOString();
  return {
    ...{ id: `day ${day}`, folder: `/base/${day}`, storedBytes: 1, verifiedAt: verified ? at : undefined },
    manifest: {
      ...{ format: 1, postgresVersion: '18.4', systemIdentifier: '7', timeline, folders: [], files: [] },
      ...{ startPlace: place, stopPlace: place, startedAt: at, endedAt: at },
    },
  };
}

function log(number: number, timeline = 1): ArchivedLog {
  return {
    systemIdentifier: '7',
    number,
    timeline,
    file: `/wal/${number}`,
    storedBytes: 1,
    storedAtMs: number * dayMs,
  };
}

const ids = (backups: readonly BaseBackup[]) => backups.map(({ id }) => id);
const backups = [backup(1), backup(8), backup(15), backup(22, { verified: false })];
const logs = Array.from({ length: 25 }, (_, index) => log(index));

test('as much stays as is needed to go back to any time within the weeks that are kept', () => {
  const kept = chooseKept(backups, logs, { keepFromMs: 10 * dayMs, isShort: false });
  assert.deepEqual(ids(kept.backups), ['day 8', 'day 15', 'day 22']);
  assert.deepEqual(ids(kept.deletedBackups), ['day 1']);
  assert.deepEqual(
    kept.deletedLogs.map(({ number }) => number),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
});

test('logs of a database that was replaced go with its base backups', () => {
  const older = { ...log(9), systemIdentifier: '5' };
  const younger = { ...log(16), systemIdentifier: '9' };
  const kept = chooseKept(backups, [older, younger], { keepFromMs: 16 * dayMs, isShort: false });
  assert.deepEqual(kept.deletedLogs, [older]);
  assert.equal(reachOf(backup(8), [{ ...log(8), systemIdentifier: '5' }]).isWhole, false);
});

test('without room only the newest one that was checked stays, and what came after it', () => {
  const kept = chooseKept(backups, logs, { keepFromMs: 0, isShort: true });
  assert.deepEqual(ids(kept.backups), ['day 15', 'day 22']);
});

test('where none was checked nothing is deleted', () => {
  const unchecked = backups.map((each) => ({ ...each, verifiedAt: undefined }));
  const kept = chooseKept(unchecked, logs, { keepFromMs: 100 * dayMs, isShort: true });
  assert.deepEqual([kept.deletedBackups, kept.deletedLogs], [[], []]);
});

test('a base backup is due when there is none, it is old, logs were lost, or the database was restored', () => {
  const facts = {
    newest: backup(8),
    timeline: 1,
    systemIdentifier: '7',
    lost: [],
    nowMs: 9 * dayMs,
    intervalMs: 7 * dayMs,
  };
  assert.equal(decideBackup(facts), undefined);
  for (const [changed, why] of [
    [{ newest: undefined }, /none that was checked/],
    [{ nowMs: 15 * dayMs }, /old enough/],
    [{ lost: ['000000010000000000000009'] }, /given up/],
    [{ timeline: 2 }, /restored/],
    [{ systemIdentifier: '8' }, /another database/],
  ] as const) {
    assert.match(decideBackup({ ...facts, ...changed }) ?? '', why);
  }
});

test('how far one can go ends at the first hole, and goes on over a change of timeline', () => {
  const reach = (given: readonly ArchivedLog[]) => reachOf(backup(8), given).logs.map(({ number }) => number);
  assert.deepEqual(reach([log(7), log(8), log(9), log(11)]), [8, 9]);
  assert.deepEqual(reach([log(8), log(9), log(9, 2), log(10, 2)]), [8, 9, 9, 10]);
  assert.equal(reachOf(backup(8), [log(9)]).isWhole, false);
});

test('names of logs are read and written as PostgreSQL does', () => {
  assert.deepEqual(parseLogName('0000000A00000001000000FF'), { timeline: 10, number: 511 });
  assert.equal(formatLogName({ timeline: 10, number: 511 }), '0000000A00000001000000FF');
  assert.equal(logNumberOf('1/FF000028'), 511);
  assert.equal(parseLogName('00000002.history'), undefined);
});
