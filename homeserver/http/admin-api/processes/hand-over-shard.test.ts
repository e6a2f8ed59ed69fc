import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
before(async () => {
  homeserver = await startTestHomeserver({ config: { 'process.lease_ms': 2_000 } });
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

const shards = '/_holdfast/v1/admin/shards';

async function until(holds: (seen: AnyJson) => boolean): Promise<AnyJson> {
  for (let looks = 0; looks < 300; looks++) {
    const seen = await admin.call('GET', shards);
    if (holds(seen)) return seen;
    await homeserver.context.clock.sleep(50);
  }
  throw new Error('it did not come to be');
}

test('where there is nobody else, a shard stays', async () => {
  assert.equal((await admin.call('POST', `${shards}/0/hand-over`, {}, 404)).errcode, 'M_NOT_FOUND');
  for (const shard of ['1', '-1', 'x', '99999']) await admin.call('POST', `${shards}/${shard}/hand-over`, {}, 404);
});

test('a shard moves by button, also when another process is asked, and a process that rests has none', async () => {
  const before = await until((seen) => seen.shards[0].owner !== null);
  const first = before.shards[0].owner;
  await homeserver.startProcess();
  const { processes } = await until((seen) => seen.processes.length === 2);
  const second = processes.find((each: AnyJson) => each.id !== first).id;

  await admin.call('POST', `${shards}/0/hand-over`, {});
  const moved = await until((seen) => seen.shards[0].owner === second);
  assert.ok(moved.shards[0].epoch > before.shards[0].epoch);
  // The first process is asked, and has it no more.
  await admin.call('POST', `${shards}/0/hand-over`, { process_id: first });
  await until((seen) => seen.shards[0].owner === first);

  await admin.call('PUT', `/_holdfast/v1/admin/processes/${first}/rest`, { rests: true });
  const rested = await until((seen) => seen.shards[0].owner === second);
  const own = rested.processes.find((each: AnyJson) => each.id === first);
  assert.deepEqual([own.rests, own.takes_shards, own.shard_count], [true, false, 0]);
  assert.equal((await admin.call('POST', `${shards}/0/hand-over`, {}, 404)).errcode, 'M_NOT_FOUND');
  await admin.call('PUT', `/_holdfast/v1/admin/processes/${first}/rest`, { rests: false });
  await admin.call('POST', `${shards}/0/hand-over`, {});
  await until((seen) => seen.shards[0].owner === first);
  assert.equal(
    (await admin.call('PUT', '/_holdfast/v1/admin/processes/none/rest', { rests: true }, 404)).errcode,
    'M_NOT_FOUND',
  );
});

test('the database tells what it is, who is connected and what is large', async () => {
  const seen = await admin.call('GET', '/_holdfast/v1/admin/database');
  assert.match(seen.version, /^\d+/);
  assert.deepEqual([seen.is_standby, seen.replicas, seen.slots], [false, [], []]);
  assert.ok(seen.connections.some((each: AnyJson) => each.application === 'holdfast' && each.count > 0));
  assert.ok(seen.tables.some((each: AnyJson) => each.name === 'event'));
  assert.ok(seen.wraparound_share < 0.5 && seen.size_bytes > 1_000_000);
});
