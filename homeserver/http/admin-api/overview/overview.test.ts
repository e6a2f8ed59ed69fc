import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { takeSample } from '../../../administration/overview/sample-figures.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

test('the overview says that all is well, how large the server is, and names what is not well', async () => {
  const seen = await admin.call('GET', '/_holdfast/v1/admin/overview');
  const ofDisk = (problem: { page: string }) => problem.page === '/admin/media';
  // The disk of the machine that runs this may be full.
  assert.deepEqual(
    seen.problems.filter((problem: { page: string }) => !ofDisk(problem)),
    [],
  );
  assert.deepEqual([seen.accounts, seen.processes, seen.shards], [1, 1, 1]);
  await homeserver.context.database`
    INSERT INTO admin_task (id, shard, kind, subject, input, progress, requested_by, created_ms, state)
    VALUES ('x', 0, 'purge-history', '!a', '{}', '{}', '@a', ${Date.now()}, 'failed')`;
  const later = await admin.call('GET', '/_holdfast/v1/admin/overview');
  assert.ok(later.problems.some((problem: { what: string }) => /1 tasks failed/.test(problem.what)));
  assert.notEqual(later.verdict, 'well');
});

test('charts get points with what was sent', async () => {
  const { room_id: roomId } = await admin.call('POST', '/_matrix/client/v3/createRoom', {});
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/1`;
  await takeSample(homeserver.context);
  await admin.call('PUT', path, { msgtype: 'm.text', body: 'one' });
  await takeSample(homeserver.context);
  const { samples } = await admin.call('GET', '/_holdfast/v1/admin/figures');
  const [before, after] = samples.slice(-2);
  assert.equal(after.sends - before.sends, 1);
  assert.ok(after.commits > before.commits && after.memory_bytes > 1_000_000 && after.disk_bytes > 0);
  const newer = await admin.call('GET', `/_holdfast/v1/admin/figures?since=${before.at_ts}`);
  assert.ok(newer.samples.length < samples.length);
});
