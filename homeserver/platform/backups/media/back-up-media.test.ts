import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { makeTestFolder } from '../../../testing/make-test-folder.ts';
import { backUpMedia, type MediaMemory } from './back-up-media.ts';
import { copyContent } from './copy-content.ts';
import { contentFile, goneFolder, mediaBackupRoot } from './media-places.ts';
import { findMissingMedia, restoreMedia } from './restore-media.ts';
import { measureMedia, verifyMedia } from './verify-media.ts';

async function prepare() {
  const root = await makeTestFolder();
  const [store, folder] = [join(root, 'media'), join(root, 'backups')];
  await mkdir(folder);
  const put = async (text: string): Promise<string> => {
    const name = createHash('sha256').update(text).digest('hex');
    const file = contentFile(store, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return name;
  };
  const memory: MediaMemory = new Map();
  const backUp = (more: { reserveBytes?: number; forgetGoneBeforeMs?: number } = {}) =>
    backUpMedia({ store, folder, reserveBytes: 0, forgetGoneBeforeMs: undefined, clock: systemClock, memory, ...more });
  const inBackup = (name: string) => contentFile(mediaBackupRoot(folder), name);
  /** As if its folder had not changed for a while. */
  const settle = (name: string) => utimes(dirname(contentFile(store, name)), 1_000, 1_000);
  return { store, folder, put, backUp, inBackup, settle, memory };
}

/** A text that is kept in the folder of another one. */
function textBeside(name: string): string {
  for (let number = 0; ; number += 1) {
    const hash = createHash('sha256').update(`${number}`).digest('hex');
    if (hash.slice(0, 4) === name.slice(0, 4) && hash !== name) return `${number}`;
  }
}

test('each file is copied once, and what came since with the next pass', async () => {
  const { put, backUp, inBackup, settle, memory } = await prepare();
  const [first, second] = [await put('the first'), await put('the second')];
  assert.deepEqual(await backUp(), { files: 2, sizeBytes: 19, copiedFiles: 2, copiedBytes: 19, damaged: [] });
  assert.equal(await readFile(inBackup(first), 'utf8'), 'the first');
  await settle(first);
  await settle(second);
  assert.equal((await backUp()).copiedFiles, 0);
  assert.equal(memory.size, 2);
  // Into a folder that was looked at before.
  await put(textBeside(first));
  const { files, copiedFiles } = await backUp();
  assert.deepEqual({ files, copiedFiles }, { files: 3, copiedFiles: 1 });
});

test('what was cut short is no copy, and is made anew', async () => {
  const { put, backUp, inBackup } = await prepare();
  const name = await put('the whole file');
  await mkdir(dirname(inBackup(name)), { recursive: true });
  await writeFile(`${inBackup(name)}.partial`, 'the wh');
  assert.equal((await backUp()).copiedFiles, 1);
  assert.equal(await readFile(inBackup(name), 'utf8'), 'the whole file');
  assert.deepEqual(await readdir(dirname(inBackup(name))), [name]);
});

test('a file that is not what its name says is named and not copied', async () => {
  const { store, put, backUp } = await prepare();
  const name = await put('as it was');
  const target = join(store, 'elsewhere', name);
  await writeFile(contentFile(store, name), 'as it is!');
  const content = { name, file: contentFile(store, name), sizeBytes: 9 };
  for (const mayLink of [false, true]) {
    assert.equal(await copyContent({ content, target, reserveBytes: 0, mayLink }), false);
    assert.deepEqual(await readdir(dirname(target)), []);
  }
  await mkdir(join(store, '..', 'backups', 'media'), { recursive: true });
  const { damaged, files } = await backUp();
  assert.deepEqual({ damaged, files }, { damaged: [name], files: 0 });
});

test('a disk that is nearly full is left alone', async () => {
  const { store, put } = await prepare();
  const name = await put('too much');
  const content = { name, file: contentFile(store, name), sizeBytes: 8 };
  const copy = { content, target: join(store, 'elsewhere', name), mayLink: false };
  await assert.rejects(copyContent({ ...copy, reserveBytes: 2 ** 60 }), /MiB free; a file needs 1 MiB/);
  assert.deepEqual(await readdir(dirname(copy.target)), []);
});

test('what the store deleted stays until no time that can be restored needs it', async () => {
  const { store, folder, put, backUp } = await prepare();
  const [kept, deleted] = [await put('stays'), await put('goes')];
  await backUp();
  await rm(contentFile(store, deleted));
  assert.equal((await backUp({ forgetGoneBeforeMs: systemClock.wallMs() - 60_000 })).files, 1);
  assert.deepEqual(await readdir(goneFolder(mediaBackupRoot(folder))), [deleted]);
  const missing = await findMissingMedia(folder, store);
  assert.deepEqual(
    missing.files.map(({ name }) => name),
    [deleted],
  );
  await backUp({ forgetGoneBeforeMs: systemClock.wallMs() + 60_000 });
  assert.deepEqual(await measureMedia(folder), { files: 1, sizeBytes: 5 });
  assert.ok(await stat(contentFile(store, kept)));
});

test('a store that is empty all at once is taken for one that is not mounted', async () => {
  const { store, folder, put, backUp } = await prepare();
  await put('all there is');
  await backUp();
  await rm(store, { recursive: true });
  await assert.rejects(
    backUp({ forgetGoneBeforeMs: systemClock.wallMs() + 60_000 }),
    /is empty, and its backup is not/,
  );
  assert.equal((await measureMedia(folder)).files, 1);
});

test('a store that was lost comes back whole, without what is damaged in the backup', async () => {
  const { store, folder, put, backUp, inBackup } = await prepare();
  const [sound, damaged] = [await put('sound'), await put('damaged')];
  await backUp();
  await rm(store, { recursive: true });
  await writeFile(inBackup(damaged), 'Damaged');
  const verified = await verifyMedia(folder, { clock: systemClock });
  assert.deepEqual(verified.problems, [`${inBackup(damaged)}: its content has changed`]);
  const missing = await findMissingMedia(folder, store);
  assert.equal(missing.files.length, 2);
  const restored = await restoreMedia(missing, { clock: systemClock, reserveBytes: 0 });
  assert.deepEqual(restored, { files: 1, damaged: [damaged] });
  assert.equal(await readFile(contentFile(store, sound), 'utf8'), 'sound');
  await assert.rejects(restoreMedia(missing, { clock: systemClock, reserveBytes: 2 ** 60 }), /are missing need 1 MiB/);
});
