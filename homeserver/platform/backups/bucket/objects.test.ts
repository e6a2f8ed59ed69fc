import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { makeTestFolder } from '../../../testing/make-test-folder.ts';
import { startStubBucket, stubBucketName } from '../../../testing/start-stub-bucket.ts';
import { openBucket } from './bucket.ts';
import { deleteObject, getFile, listObjects, putFile } from './objects.ts';

/** Pauses are over at once. */
const hurriedClock: Clock = { ...systemClock, sleep: () => Promise.resolve() };

async function prepare(t: TestContext, clock: Clock = hurriedClock) {
  const stub = await startStubBucket();
  const { endpoint, keys } = stub;
  const place = { endpoint, region: 'eu-central-1', bucket: stubBucketName, prefix: 'of us/all', keys };
  const bucket = openBucket(place, clock, systemRandom);
  t.after(async () => {
    bucket.close();
    await stub.stop();
  });
  const folder = await makeTestFolder();
  const write = async (bytes: Buffer | string): Promise<string> => {
    const file = join(folder, randomBytes(4).toString('hex'));
    await writeFile(file, bytes);
    return file;
  };
  return { stub, bucket, place, folder, write };
}

test('a file goes to the bucket, is listed, comes back and is deleted', async (t) => {
  const { stub, bucket, folder, write } = await prepare(t);
  const names = ['base/1/PG VERSION.gz', 'base/1/a+b&c', 'base/1/ü', 'base/1/z', 'base/2'];
  for (const name of names) await putFile(bucket, name, await write(name));
  assert.deepEqual(
    [...stub.objects.keys()],
    names.map((name) => `of us/all/${name}`),
  );
  const listed = await Array.fromAsync(listObjects(bucket, 'base/1/'));
  assert.deepEqual(listed.map(({ key }) => key).sort(), names.slice(0, 4).sort());
  const [first] = listed;
  assert.ok(first);
  await getFile(bucket, first, join(folder, 'back'));
  assert.equal(await readFile(join(folder, 'back'), 'utf8'), first.key);
  await deleteObject(bucket, first.key);
  assert.equal(stub.objects.size, 4);
});

test('a large file goes in parts, and nothing is left of one that cannot be finished', async (t) => {
  const { stub, bucket, write } = await prepare(t);
  const bytes = randomBytes(17 * 1024 * 1024);
  const file = await write(bytes);
  stub.faults.push(503);
  await putFile(bucket, 'large', file);
  assert.ok(stub.objects.get('of us/all/large')?.equals(bytes));
  assert.equal(stub.requests.filter((request) => request.startsWith('PUT')).length, 3);
  const { faults } = stub;
  // The first question is answered, the first part never is.
  const begin = bucket.ask;
  const failing = {
    ...bucket,
    ask: async (request: Parameters<typeof begin>[0]) => {
      const answer = await begin(request);
      if (request.query && 'uploads' in request.query) faults.push(403);
      return answer;
    },
  };
  await assert.rejects(putFile(failing, 'another', file), /the bucket says SlowDown/);
  assert.equal(stub.uploads.size, 0);
  assert.equal(stub.objects.has('of us/all/another'), false);
});

test('what passes is asked for again, a few times; a refusal is not', async (t) => {
  const { stub, bucket, place, write } = await prepare(t);
  const file = await write('text');
  stub.faults.push(500, 503, 429);
  await putFile(bucket, 'text', file);
  assert.equal(stub.requests.length, 4);
  stub.faults.push(503, 503, 503, 503, 503, 503);
  await assert.rejects(putFile(bucket, 'text', file), /the bucket says SlowDown/);
  assert.equal(stub.requests.length, 9);
  stub.faults.length = 0;
  const keys = { ...place.keys, secretAccessKey: 'wrong' };
  const stranger = openBucket({ ...place, keys }, hurriedClock, systemRandom);
  await assert.rejects(putFile(stranger, 'text', file), /the bucket says SignatureDoesNotMatch/);
  assert.equal(stub.requests.length, 10);
  stranger.close();
});

test('a bucket that never answers costs its deadline, and one that is away is told so', async (t) => {
  const timers: number[] = [];
  const impatient: Clock = {
    ...hurriedClock,
    startTimer(durationMs, run) {
      timers.push(durationMs);
      return systemClock.startTimer(50, run);
    },
  };
  const { stub, bucket, write } = await prepare(t, impatient);
  stub.faults.push('hang', 'hang', 'hang', 'hang', 'hang');
  await assert.rejects(putFile(bucket, 'text', await write('text')), /did not answer in time/);
  assert.deepEqual(
    timers.map((durationMs) => Math.round(durationMs / 1_000)),
    [30, 30, 30, 30, 30],
  );
  await stub.stop();
  await assert.rejects(putFile(bucket, 'text', await write('text')), /nothing listens there/);
});

test('a file that comes short is no file', async (t) => {
  const { stub, bucket, folder } = await prepare(t);
  stub.objects.set('of us/all/short', Buffer.from('shor'));
  const object = { key: 'short', sizeBytes: 5, storedAtMs: 0 };
  await assert.rejects(getFile(bucket, object, join(folder, 'short')), /short came with 4 bytes/);
  await assert.rejects(stat(join(folder, 'short')), { code: 'ENOENT' });
});
