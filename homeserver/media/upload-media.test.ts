import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Context } from '../platform/context.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { contentPath } from './media-store.ts';
import { uploadMedia } from './upload-media.ts';

let started: TestContext;
let storePath: string;
before(async () => {
  storePath = await makeTestFolder();
  started = await startTestContext({ HOLDFAST_MEDIA_STORE_PATH: storePath });
});
after(() => started.stop());

async function* source(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

const upload = (context: Context, parts: AsyncIterable<Uint8Array>) =>
  uploadMedia(context, { userId: '@a:test', contentType: 'text/plain', source: parts });

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(storePath, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const countRows = async () => (await started.context.database`SELECT FROM media`).length;

test('the bytes are in their place before the row that names them is written', async () => {
  const { context } = started;
  const hash = createHash('sha256').update('whole file').digest();
  let sawFile = false;
  const watching: Context = {
    ...context,
    shardLog: {
      ...context.shardLog,
      tail: context.shardLog.tail,
      shardCount: context.shardLog.shardCount,
      ownedShards: () => context.shardLog.ownedShards(),
      async submit(command, shard, input) {
        assert.equal(await readFile(contentPath(context, hash), 'utf8'), 'whole file');
        assert.deepEqual(await filesIn('incoming'), []);
        sawFile = true;
        return await context.shardLog.submit(command, shard, input);
      },
    },
  };
  await upload(watching, source('whole ', 'file'));
  assert.ok(sawFile);
});

test('a source that breaks off leaves neither bytes nor a row', async () => {
  const [earlier, rows] = [await filesIn('content'), await countRows()];
  await assert.rejects(upload(started.context, source('begin', new Error('broken'))), /broken/);
  assert.deepEqual(await filesIn('incoming'), []);
  assert.deepEqual(await filesIn('content'), earlier);
  assert.equal(await countRows(), rows);
});

test('a row that is not written leaves no id, and the same file can be uploaded again', async () => {
  const { context } = started;
  const failing: Context = {
    ...context,
    shardLog: {
      ...context.shardLog,
      tail: context.shardLog.tail,
      shardCount: context.shardLog.shardCount,
      ownedShards: () => [],
      submit: () => Promise.reject(new Error('the database is away')),
    },
  };
  const rows = await countRows();
  await assert.rejects(upload(failing, source('again')), /away/);
  assert.equal(await countRows(), rows);
  await upload(context, source('again'));
  assert.equal(await countRows(), rows + 1);
});

test('a damaged copy left by a crash is replaced by the next upload of the same content', async () => {
  const { context } = started;
  await upload(context, source('precious'));
  const path = contentPath(context, createHash('sha256').update('precious').digest());
  await writeFile(path, '');
  await upload(context, source('precious'));
  assert.equal(await readFile(path, 'utf8'), 'precious');
});

test('a process that is killed in the middle of an upload leaves nothing where files are served from', async () => {
  const earlier = await filesIn('content');
  const child = startEndlessUpload();
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')]);
  assert.equal(child.exitCode, null, 'it is still at it');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.deepEqual(await filesIn('content'), earlier);
  assert.equal((await filesIn('incoming')).length, 1);
});

test('an upload that would fill the disk is refused before its first byte is read', async () => {
  const { context } = started;
  const huge: Context = {
    ...context,
    config: { ...context.config, media: { ...context.config.media, maxUploadBytes: Number.MAX_SAFE_INTEGER } },
  };
  let isRead = false;
  const parts = (async function* () {
    isRead = true;
    yield Buffer.from('x');
  })();
  const refused = uploadMedia(huge, { userId: '@a:test', contentType: 'text/plain', sizeBytes: 1e15, source: parts });
  await assert.rejects(refused, { errcode: 'M_UNKNOWN', status: 507 });
  assert.equal(isRead, false);
  await upload(context, source('there is room for small ones'));
});

test('a user sends only so many files at once', async () => {
  const { context } = started;
  const gate = Promise.withResolvers<void>();
  async function* held(): AsyncGenerator<Uint8Array> {
    await gate.promise;
    yield Buffer.from('held');
  }
  const running = Array.from({ length: 20 }, () => upload(context, held()));
  await assert.rejects(upload(context, source('one more')), { errcode: 'M_LIMIT_EXCEEDED' });
  await uploadMedia(context, { userId: '@b:test', contentType: undefined, source: source('of another user') });
  gate.resolve();
  await Promise.all(running);
  await upload(context, source('after them'));
});

/** Stores bytes without end, and tells when some were taken. */
function startEndlessUpload(): ChildProcess {
  const program = `
    import { storeContent } from ${JSON.stringify(new URL('./media-store.ts', import.meta.url).href)};
    import { randomBytes } from 'node:crypto';
    const context = {
      config: { media: { storePath: ${JSON.stringify(storePath)} } },
      random: { token: (size) => randomBytes(size).toString('base64url') },
      clock: { wallMs: () => Date.now() },
    };
    async function* endless() {
      for (let count = 0; ; count++) {
        yield Buffer.alloc(1000);
        if (count === 10) process.stdout.write('begun');
        if (count > 10) await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    await storeContent(context, endless(), 1e9);`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}
