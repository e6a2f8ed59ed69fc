import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The name of a content: its SHA-256. */
const contentName = /^[0-9a-f]{64}$/;
const shardName = /^[0-9a-f]{2}$/;

/** Below the folder of the media store, and below `media` in the folder of backups: `content/ab/cd/<SHA-256>`. */
export const contentFolder = (root: string) => join(root, 'content');
/** What the store has deleted, kept for as long as a time can be restored at which it was there. */
export const goneFolder = (root: string) => join(root, 'gone');
/** The copies of the media store in a folder of backups. */
export const mediaBackupRoot = (folder: string) => join(folder, 'media');

export function contentFile(root: string, name: string): string {
  return join(contentFolder(root), name.slice(0, 2), name.slice(2, 4), name);
}

/** The folders that hold contents, such as `ab/cd`, in order; none where there is no store. */
export async function* listLeaves(root: string): AsyncGenerator<string> {
  for (const outer of await listShards(contentFolder(root))) {
    for (const inner of await listShards(join(contentFolder(root), outer))) yield `${outer}/${inner}`;
  }
}

async function listShards(folder: string): Promise<string[]> {
  return (await listNames(folder)).filter((name) => shardName.test(name)).sort();
}

/** The contents in one folder; what has another name is none. */
export async function listContents(folder: string): Promise<string[]> {
  return (await listNames(folder)).filter((name) => contentName.test(name));
}

/** Only what is not there is empty: a disk that cannot be read throws. */
async function listNames(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

export interface StoredFile {
  /** SHA-256, hexadecimal. */
  readonly name: string;
  readonly file: string;
  readonly sizeBytes: number;
}

/** All contents below a root, those that the store has deleted since (`gone`) after the others. */
export async function* listFiles(root: string): AsyncGenerator<StoredFile> {
  for await (const leaf of listLeaves(root)) yield* listFolder(join(contentFolder(root), leaf));
  yield* listFolder(goneFolder(root));
}

async function* listFolder(folder: string): AsyncGenerator<StoredFile> {
  for (const name of await listContents(folder)) {
    const file = join(folder, name);
    const sizeBytes = await sizeOfFile(file);
    if (sizeBytes !== undefined) yield { name, file, sizeBytes };
  }
}

/** Undefined where there is no such file. */
export async function sizeOfFile(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size;
}
