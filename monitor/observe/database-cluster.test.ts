import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { sendRequest } from '../platform/send-request.ts';
import { failures, hangs, type StubProvider, startStubProvider } from '../testing/stub-provider.ts';
import { etcdSource } from './etcd.ts';
import { parseCluster, patroniSource } from './patroni.ts';

let stubs: StubProvider[];
before(async () => {
  stubs = await Promise.all([startStubProvider(), startStubProvider(), startStubProvider()]);
});
beforeEach(() => {
  for (const stub of stubs) stub.behaviour = 'takes';
});
after(() => Promise.all(stubs.map((stub) => stub.close())));

type Look<Value> = (deadline: ReturnType<typeof startDeadline>, atMs: number) => Promise<Value>;

async function look<Value>(source: { look: Look<Value> }, atMs: number): Promise<Value> {
  const deadline = startDeadline(20_000, 'a look');
  try {
    return await source.look(deadline, atMs);
  } finally {
    deadline.finish();
  }
}

const urls = () => stubs.map(({ url }) => url);
const answerAll = (body: object, status = 200) => {
  for (const stub of stubs) stub.answer = { status, body: JSON.stringify(body) };
};

/** As Patroni 4.1.5 answers `/cluster`. */
const leader = { name: 'db-1', role: 'leader', state: 'running', host: '10.0.0.11', port: 5432, timeline: 4 };
const replica = (name: string, changed: object = {}) => {
  return { name, role: 'quorum_standby', state: 'streaming', timeline: 4, lag: 0, receive_lag: 0, ...changed };
};
const whole = { members: [leader, replica('db-2'), replica('db-3')], scope: 'database' };

test('Patroni: a cluster that is well, and one that is paused', async () => {
  const source = patroniSource(urls(), sendRequest);
  answerAll(whole);
  const { silent, cluster } = await look(source, 0);
  assert.deepEqual([silent, cluster?.pausedForMs, cluster?.leaderlessForMs], [[], 0, 0]);
  assert.deepEqual(
    cluster?.members.map(({ name, state, unwellForMs }) => [name, state, unwellForMs]),
    [
      ['db-1', 'running', 0],
      ['db-2', 'streaming', 0],
      ['db-3', 'streaming', 0],
    ],
  );
  assert.deepEqual(stubs[0]?.received.at(-1)?.path, '/cluster');
  answerAll({ ...whole, pause: true });
  await look(source, 5_000);
  assert.equal((await look(source, 65_000)).cluster?.pausedForMs, 60_000);
  answerAll(whole);
  assert.equal((await look(source, 70_000)).cluster?.pausedForMs, 0);
});

test('Patroni: no primary, a machine that is not told of any more, and one on an old timeline, each since when', async () => {
  const source = patroniSource(urls(), sendRequest);
  answerAll(whole);
  await look(source, 0);
  answerAll({ members: [{ ...leader, state: 'stopped' }, replica('db-2', { timeline: 3 })] });
  await look(source, 5_000);
  const without = await look(source, 15_000);
  assert.equal(without.cluster?.leaderlessForMs, 10_000);
  const unwell = () => without.cluster?.members.map(({ name, state, unwellForMs }) => [name, state, unwellForMs]);
  assert.deepEqual(unwell(), [
    ['db-1', 'stopped', 10_000],
    // Without a primary nobody's timeline is the right one.
    ['db-2', 'streaming', 0],
    ['db-3', 'gone', 10_000],
  ]);
  answerAll({ members: [{ ...leader, timeline: 5 }, replica('db-2', { timeline: 4 })] });
  const { cluster } = await look(source, 20_000);
  assert.deepEqual([cluster?.leaderlessForMs, cluster?.members[1]?.isOnOldTimeline], [0, true]);
});

test('Patroni: one that knows a primary is believed before one that does not, and one that is silent is named', async () => {
  const source = patroniSource(urls(), sendRequest);
  answerAll(whole);
  (stubs[0] as StubProvider).answer = { status: 200, body: JSON.stringify({ members: [replica('db-2')] }) };
  assert.equal((await look(source, 0)).cluster?.leaderlessForMs, 0);
  for (const behaviour of failures) {
    (stubs[2] as StubProvider).behaviour = behaviour;
    const { silent, cluster } = await look(source, 5_000);
    assert.deepEqual([silent.length, silent[0]?.place], [1, new URL(stubs[2]?.url ?? '').host], behaviour);
    assert.equal(cluster?.leaderlessForMs, 0);
  }
  for (const stub of stubs) stub.behaviour = 'refuses';
  const { silent, cluster } = await look(source, 65_000);
  assert.deepEqual([silent.length, silent[2]?.forMs, cluster], [3, 60_000, undefined]);
});

test('Patroni and etcd: those that hang cost their own deadline', async () => {
  for (const behaviour of hangs) {
    for (const stub of stubs) stub.behaviour = behaviour;
    const [patroni, etcd] = await Promise.all([
      look(patroniSource(urls(), sendRequest), 0),
      look(etcdSource(urls(), sendRequest), 0),
    ]);
    assert.equal(patroni.silent.length, 3, behaviour);
    assert.deepEqual(
      etcd.map(({ silentForMs }) => silentForMs > 0),
      [true, true, true],
    );
  }
});

test('Patroni: what is no answer of its is none, and what is strange in one is left out', () => {
  for (const body of ['', '[]', 'null', '{}', '{"members":{}}', '<html>'])
    assert.throws(() => parseCluster(body), Error, body);
  const members = [null, 7, { name: 'x' }, { ...leader, name: 7 }, leader];
  assert.deepEqual(
    parseCluster(JSON.stringify({ members })).members.map(({ name }) => name),
    ['db-1'],
  );
  const many = Array.from({ length: 1_000 }, (_, index) => replica(`db-${index}`));
  assert.equal(parseCluster(JSON.stringify({ members: many })).members.length, 50);
});

test('etcd: well, without a majority, full, and no etcd at all', async () => {
  const source = etcdSource(urls().slice(0, 1), sendRequest);
  answerAll({ health: 'true', reason: '' });
  assert.deepEqual(
    (await look(source, 0)).map(({ place: _, ...rest }) => rest),
    [{ silentForMs: 0, unwellForMs: 0, alarms: [] }],
  );
  answerAll({ health: 'false', reason: 'RAFT NO LEADER' }, 503);
  await look(source, 5_000);
  const [alone] = await look(source, 15_000);
  assert.deepEqual([alone?.silentForMs, alone?.unwellForMs, alone?.why], [0, 10_000, 'RAFT NO LEADER']);
  // As etcd 3.4 answers both questions; one body serves here.
  answerAll({ health: 'true', errors: ['memberID:8 alarm:NOSPACE ', 'memberID:9 alarm:NOSPACE '] });
  const [full] = await look(source, 20_000);
  assert.deepEqual([full?.alarms, (full?.unwellForMs ?? 0) > 0], [['NOSPACE'], true]);
  answerAll({ hello: 'world' });
  const [other] = await look(source, 25_000);
  assert.deepEqual([(other?.silentForMs ?? 0) > 0, other?.why], [true, 'it is no etcd: it answers with status 200']);
});
