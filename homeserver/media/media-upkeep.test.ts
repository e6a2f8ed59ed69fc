import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { contentPath, storeContent } from './media-store.ts';
import { deleteOrphans, forgetUnusedRemoteMedia } from './media-upkeep.ts';
import { addRemoteMediaCommand, shardOfRemoteMedia } from './remote-media-commands.ts';
import { uploadMedia } from './upload-media.ts';

let started: TestContext;
before(async () => {
  started = await startTestContext({
    HOLDFAST_MEDIA_STORE_PATH: await makeTestFolder(),
    HOLDFAST_MEDIA_REMOTE_LIFETIME_MS: '3600000',
  });
});
after(() => started.stop());

async function* source(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Stores a content as if that had been two days ago. */
async function storeOld(text: string): Promise<Uint8Array> {
  const { context } = started;
  const { hash } = await storeContent(context, source(text), 1_000);
  const time = new Date(context.clock.wallMs() - 2 * 24 * 60 * 60_000);
  await utimes(contentPath(context, hash), time, time);
  return hash;
}

async function addRemote(mediaId: string, hash: Uint8Array): Promise<void> {
  const { context } = started;
  const place = { serverName: 'other.test', mediaId };
  await context.shardLog.submit(addRemoteMediaCommand, shardOfRemoteMedia(context, place), {
    ...place,
    content: Buffer.from(hash).toString('base64'),
    ...{ sizeBytes: 1, contentType: 'text/plain', fileName: null, authenticated: true },
  });
}

test('contents that no file has are deleted once they are old, and no others', async () => {
  const { context } = started;
  const orphan = await storeOld('orphan');
  const own = await storeOld('own');
  const remote = await storeOld('remote');
  const { hash: young } = await storeContent(context, source('young'), 1_000);
  await uploadMedia(context, { userId: '@a:test', contentType: 'text/plain', source: source('own') });
  await addRemote('kept', remote);
  assert.equal(await deleteOrphans(context), 1);
  const exists = [orphan, own, remote, young].map((hash) => existsSync(contentPath(context, hash)));
  assert.deepEqual(exists, [false, true, true, true]);
});

test('files of other servers that nobody asked for during their lifetime are forgotten, and their contents deleted', async () => {
  const { context } = started;
  const unused = await storeOld('unused');
  await addRemote('unused', unused);
  await addRemote('used', await storeOld('used'));
  await context.database`UPDATE remote_media SET read_at = now() - interval '2 hours' WHERE media_id = 'unused'`;
  assert.equal(await forgetUnusedRemoteMedia(context), 1);
  const left = await context.database<{ mediaId: string }[]>`
    SELECT media_id AS "mediaId" FROM remote_media WHERE media_id IN ('used', 'unused')`;
  assert.deepEqual(
    left.map(({ mediaId }) => mediaId),
    ['used'],
  );
  await deleteOrphans(context);
  assert.equal(existsSync(contentPath(context, unused)), false);
});
