import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { type BaseBackup, listBaseBackups, names } from '../base-backup.ts';
import type { ArchivedLog } from '../log-name.ts';
import { forEachFile } from '../packed-file.ts';
import type { Bucket } from './bucket.ts';
import {
  type KeptFile,
  listBaseFiles,
  listLogFiles,
  listMediaFiles,
  manifestKey,
  prefixes,
  verifiedKey,
} from './bucket-keys.ts';
import { chooseUnneeded } from './choose-unneeded.ts';
import { deleteObject, listObjects, putFile, type StoredObject } from './objects.ts';

/** What the metrics show of a bucket; seconds since 1970 where it is a time. */
export interface BucketStatus {
  /** Logs that are in the folder and not in the bucket yet. */
  waitingLogs: number;
  /** When the oldest of them was archived, or the bucket began to fail; undefined where nothing waits. */
  waitingSinceSeconds: number | undefined;
  /** When something was last stored. */
  lastStoredSeconds: number | undefined;
  /** Passes in a row that failed. */
  failures: number;
  /** Objects in the bucket, of ours; undefined until it was listed. */
  objects: number | undefined;
}

export interface MirrorParts {
  readonly bucket: Bucket;
  /** Of the backups. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

const portion = 100;

/** Keeps a bucket as the folder of backups is. Nothing is asked of it before the first pass. */
export class BucketMirror {
  readonly #parts: MirrorParts;
  readonly #status: BucketStatus = {
    ...{
      waitingLogs: 0,
      waitingSinceSeconds: undefined,
      lastStoredSeconds: undefined,
      failures: 0,
      objects: undefined,
    },
  };
  /** By name; about 300 bytes of memory each. */
  #stored: Map<string, StoredObject> | undefined;
  /** The first of the passes in a row that failed; without a list of the bucket nobody knows which logs wait. */
  #failingSinceSeconds: number | undefined;
  /** When the files that may change were changed, as they are in the bucket. */
  readonly #storedChangesMs = new Map<string, number>();

  constructor(parts: MirrorParts) {
    this.#parts = parts;
  }

  get status(): Readonly<BucketStatus> {
    const since = [this.#status.waitingSinceSeconds, this.#failingSinceSeconds].filter((time) => time !== undefined);
    return { ...this.#status, waitingSinceSeconds: since.length > 0 ? Math.min(...since) : undefined };
  }

  /** Stores all that is in the folder and not in the bucket; gives how many files. Throws BackupError. */
  async pass({ withMedia } = { withMedia: true }): Promise<number> {
    const { folder } = this.#parts;
    try {
      this.#stored ??= await this.#list();
      this.#status.objects = this.#stored.size;
      let count = await this.#storeLogs();
      for (const backup of await listBaseBackups(folder)) count += await this.#storeBackup(backup);
      if (withMedia) count += await this.#storeMedia();
      this.#status.failures = 0;
      this.#failingSinceSeconds = undefined;
      return count;
    } catch (error) {
      this.#status.failures += 1;
      this.#failingSinceSeconds ??= this.#parts.clock.wallMs() / 1_000;
      throw error;
    }
  }

  /** Whether the bucket has a log: only then may it leave the folder. */
  hasLog({ systemIdentifier, file }: ArchivedLog): boolean {
    const place = systemIdentifier === undefined ? '' : `${systemIdentifier}/`;
    return this.#stored?.has(`${prefixes.logs}${place}${basename(file)}`) ?? false;
  }

  /** Whether the bucket has all of a base backup. */
  hasBackup({ id }: BaseBackup): boolean {
    return this.#stored?.has(manifestKey(id)) ?? false;
  }

  /** Deletes from the bucket what no time within `keepWeeks` needs. Gives how many files. */
  async prune(keepWeeks: number): Promise<number> {
    const { bucket, folder, log, signal } = this.#parts;
    const stored = this.#stored;
    if (!stored) return 0;
    const inFolder = new Set((await listBaseBackups(folder)).map(({ id }) => id));
    const media = new Set<string>();
    for await (const { key } of listMediaFiles(folder)) media.add(key);
    const unneeded = await chooseUnneeded(bucket, [...stored.values()], { keepWeeks, inFolder, media });
    for (const { key } of unneeded) {
      await deleteObject(bucket, key, signal);
      stored.delete(key);
    }
    this.#status.objects = stored.size;
    if (unneeded.length > 0) log.info({ objects: unneeded.length }, 'old backups are deleted from the bucket');
    return unneeded.length;
  }

  async #list(): Promise<Map<string, StoredObject>> {
    const all = new Map<string, StoredObject>();
    for await (const object of listObjects(this.#parts.bucket, '', this.#parts.signal)) all.set(object.key, object);
    return all;
  }

  /** Gives 1 for what was stored, 0 for what is there already or has left the folder meanwhile. */
  async #store({ key, file }: KeptFile): Promise<number> {
    const { bucket, clock, signal } = this.#parts;
    if (this.#stored?.has(key)) return 0;
    signal?.throwIfAborted();
    const sizeBytes = await putFile(bucket, key, file, signal).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (sizeBytes === undefined) return 0;
    const storedAtMs = clock.wallMs();
    this.#stored?.set(key, { key, sizeBytes, storedAtMs });
    Object.assign(this.#status, { lastStoredSeconds: storedAtMs / 1_000, objects: this.#stored?.size });
    return 1;
  }

  async #storeLogs(): Promise<number> {
    const waiting = (await listLogFiles(this.#parts.folder)).filter(({ key }) => !this.#stored?.has(key));
    let count = 0;
    for (const [index, each] of waiting.entries()) {
      const waitingSinceSeconds = each.storedAtMs / 1_000;
      Object.assign(this.#status, { waitingLogs: waiting.length - index, waitingSinceSeconds });
      count += await this.#store(each);
    }
    Object.assign(this.#status, { waitingLogs: 0, waitingSinceSeconds: undefined });
    return count;
  }

  /** `backup.json` after all that it lists, so that a part of a backup is none. */
  async #storeBackup(backup: BaseBackup): Promise<number> {
    let count = await this.#storeAll(listBaseFiles(backup, this.#parts.folder));
    count += await this.#store({ key: manifestKey(backup.id), file: join(backup.folder, names.manifest) });
    const verified = { key: verifiedKey(backup.id), file: join(backup.folder, names.verified) };
    const changedMs = (await stat(verified.file).catch(() => undefined))?.mtimeMs;
    if (changedMs === undefined || this.#storedChangesMs.get(verified.key) === changedMs) return count;
    this.#stored?.delete(verified.key);
    count += await this.#store(verified);
    this.#storedChangesMs.set(verified.key, changedMs);
    return count;
  }

  async #storeMedia(): Promise<number> {
    let count = 0;
    const some: KeptFile[] = [];
    for await (const file of listMediaFiles(this.#parts.folder)) {
      if (!this.#stored?.has(file.key)) some.push(file);
      if (some.length >= portion) count += await this.#storeAll(some.splice(0));
    }
    return count + (await this.#storeAll(some));
  }

  async #storeAll(files: readonly KeptFile[]): Promise<number> {
    let count = 0;
    await forEachFile(files, async (file) => {
      const added = await this.#store(file);
      count += added;
    });
    return count;
  }
}
