import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';

/** Large pieces: a backup is read from one end to the other. */
const chunkBytes = 256 * 1024;

/** Each file is waited for by the disk: several at a time. */
const atOnce = 8;

/** Calls `work` for each item, several at a time. Throws what it throws first. */
export async function forEachFile<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  let hasFailed = false;
  const run = async () => {
    for (const item of left) {
      if (hasFailed) return;
      await work(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
}

/** What a file held when it was read. */
export interface FileContent {
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Compresses a file into a new one, which is on the disk when this resolves. */
export async function packFile(source: string, target: string, signal?: AbortSignal): Promise<FileContent> {
  const { through, read } = observeContent();
  await pipeline(
    createReadStream(source, { highWaterMark: chunkBytes }),
    through,
    createGzip({ level: constants.Z_BEST_SPEED }),
    createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true }),
    { signal },
  );
  return read();
}

/**
 * The opposite. Gives what it holds, to be compared. It may not be on the disk yet: PostgreSQL sees to that first. `piece` is
 * told the size of each piece.
 */
export async function unpackFile(
  source: string,
  target: string,
  { piece, signal }: { piece?: (sizeBytes: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<FileContent> {
  const { through, read } = observeContent((bytes) => piece?.(bytes.length));
  const stream = createWriteStream(target, { flags: 'wx', mode: 0o600 });
  await pipeline(createReadStream(source, { highWaterMark: chunkBytes }), createGunzip(), through, stream, { signal });
  return read();
}

/** What a packed file holds; throws when it is damaged. `head` is given the first bytes. */
export async function readPackedFile(source: string, head?: (bytes: Buffer) => void): Promise<FileContent> {
  let isHead = true;
  const { through, read } = observeContent((bytes) => {
    if (isHead) head?.(bytes);
    isHead = false;
  });
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(source, { highWaterMark: chunkBytes }), createGunzip(), through, nowhere);
  return read();
}

function observeContent(see?: (bytes: Buffer) => void): { through: Transform; read(): FileContent } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see?.(chunk);
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, read: () => ({ sizeBytes, sha256: hash.digest('hex') }) };
}
