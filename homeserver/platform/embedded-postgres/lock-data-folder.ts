import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DataFolderLock {
  release(): void;
}

/**
 * Makes this process the only Holdfast that uses `folder`'s database, until release() or the process's end, however it
 * ends. Throws if another one has it.
 *
 * The lock is SQLite's lock on an empty file, which is the operating system's lock on a byte range: the kernel lets go
 * of it when the process dies, so there is no stale lock and no guessing by process ids, and it also works between
 * containers that share the folder. Node.js offers no other way to such a lock. Nothing else in this process may open
 * that file: closing it would let go of the lock.
 */
export function lockDataFolder(folder: string): DataFolderLock {
  const ownerFile = join(folder, 'holdfast.pid');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, lockName), { timeout: lookMs });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) {
      throw new Error(`${folder} cannot be locked: ${(error as Error).message}`, { cause: error });
    }
    throw new Error(
      `Another Holdfast is running on ${folder} (${describeOwner(ownerFile)}). ` +
        'Stop it first, or start this one with another data_dir and the database.url of the first.',
      { cause: error },
    );
  }
  writeFileSync(ownerFile, `${process.pid} ${hostname()}\n`);
  const held = database;
  heldLocks.add(held);
  return {
    release() {
      if (!heldLocks.delete(held)) return;
      rmSync(ownerFile, { force: true });
      held.exec('ROLLBACK');
      held.close();
    },
  };
}

/** Whether some process has the lock. Changes nothing. */
export function isDataFolderLocked(folder: string): boolean {
  const file = join(folder, lockName);
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    database.exec('SELECT count(*) FROM sqlite_schema');
    return false;
  } catch (error) {
    return (error as { errcode?: number }).errcode === sqliteBusy;
  } finally {
    database?.close();
  }
}

const lockName = 'holdfast.lock';
const sqliteBusy = 5;
/** How long a start waits for the lock: as long as isDataFolderLocked may need to look. */
const lookMs = 300;
/** A lock that nobody refers to any more would be let go of by the garbage collector. */
const heldLocks = new Set<DatabaseSync>();

function describeOwner(ownerFile: string): string {
  try {
    const [pid = '', host = ''] = readFileSync(ownerFile, 'utf8').trim().split(' ');
    return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  } catch {
    return 'process unknown';
  }
}
