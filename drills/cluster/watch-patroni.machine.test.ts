import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { loadConfig } from '@holdfast/homeserver/platform/config/load-config.ts';
import { etcdSource } from '@holdfast/monitor/observe/etcd.ts';
import { patroniSource } from '@holdfast/monitor/observe/patroni.ts';
import { sendRequest } from '@holdfast/monitor/platform/send-request.ts';
import { type PatroniCluster, startPatroniCluster } from './patroni-cluster.ts';
import type { PatroniMachine } from './patroni-machine.ts';

const startTimeoutMs = 180_000;
const changeTimeoutMs = 60_000;

let folder: string;
let cluster: PatroniCluster;
let etcdUrls: readonly string[];
let patroniUrls: readonly string[];

before(
  async () => {
    // Not below a folder of root's: PostgreSQL runs as another user.
    folder = await mkdtemp('/var/tmp/holdfast-watched-');
    await chmod(folder, 0o755);
    cluster = await startPatroniCluster(folder, 256);
    const file = join(folder, 'holdfast.yaml');
    await writeFile(file, cluster.holdfastFile);
    ({ patroni: patroniUrls, etcd: etcdUrls } = loadConfig({ file, environment: {} }).config.monitor);
  },
  { timeout: startTimeoutMs },
);
after(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Watched<Value> {
  look(deadline: ReturnType<typeof startDeadline>, atMs: number): Promise<Value>;
}

/** Looks until it is so; gives what was seen then. */
async function until<Value>(source: Watched<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  const endMs = performance.now() + changeTimeoutMs;
  for (;;) {
    const deadline = startDeadline(20_000, 'a look');
    const value = await source.look(deadline, Math.round(performance.now()));
    deadline.finish();
    if (isSo(value)) return value;
    if (performance.now() > endMs) assert.fail(JSON.stringify(value));
    await wait(100);
  }
}

async function changeConfig(machine: PatroniMachine, change: object): Promise<void> {
  const reply = await fetch(`${machine.url}/config`, {
    ...{ method: 'PATCH', body: JSON.stringify(change) },
    headers: { authorization: `Basic ${Buffer.from('patroni:drill-rest-api').toString('base64')}` },
  });
  assert.equal(reply.status, 200, await reply.text());
}

test('what holdfast deploy patroni names is what the monitor asks, and all is well there', async () => {
  assert.deepEqual(
    patroniUrls,
    cluster.machines.map(({ url }) => url),
  );
  const { cluster: seen } = await until(patroniSource(patroniUrls, sendRequest), ({ silent, cluster: told }) => {
    return silent.length === 0 && told?.leaderlessForMs === 0 && told.members.every((each) => each.unwellForMs === 0);
  });
  assert.deepEqual(seen?.members.map(({ name }) => name).sort(), ['db-1', 'db-2', 'db-3']);
  const members = await until(etcdSource(etcdUrls, sendRequest), (all) => all.every((each) => each.silentForMs === 0));
  assert.deepEqual([members.length, members.flatMap(({ alarms }) => alarms)], [3, []]);
  assert.ok(members.every(({ unwellForMs }) => unwellForMs === 0));
});

test('a pause is seen, and its end', async () => {
  const source = patroniSource(patroniUrls, sendRequest);
  const machine = await cluster.untilPrimary(undefined, changeTimeoutMs);
  await changeConfig(machine, { pause: true });
  await until(source, ({ cluster: told }) => (told?.pausedForMs ?? 0) > 0);
  await changeConfig(machine, { pause: null });
  await until(source, ({ cluster: told }) => told?.pausedForMs === 0);
});

test('a primary that dies leaves none until another takes over, and is told of until it is back', async () => {
  const source = patroniSource(patroniUrls, sendRequest);
  await until(source, ({ cluster: told }) => told?.members.length === 3);
  const former = await cluster.untilPrimary(undefined, changeTimeoutMs);
  // After a pause nobody may take over until the primary has written down who has every commit.
  for (const other of cluster.machines.filter((machine) => machine !== former)) {
    while (!(await other.is('quorum'))) await wait(100);
  }
  await former.killDatabase();
  await until(source, ({ cluster: told }) => (told?.leaderlessForMs ?? 0) > 0);
  const { cluster: told } = await until(source, (seen) => seen.cluster?.leaderlessForMs === 0);
  const dead = told?.members.find(({ name }) => name === former.name);
  assert.ok((dead?.unwellForMs ?? 0) > 0, JSON.stringify(told));
  const silent = await until(source, (seen) => (seen.silent[0]?.forMs ?? 0) > 0);
  assert.equal(silent.silent[0]?.place, new URL(former.url).host);
  former.startPatroni();
  await until(source, (seen) => seen.cluster?.members.every(({ unwellForMs }) => unwellForMs === 0) ?? false);
});

test('etcd: a full one has its alarm, and one whose majority is gone says so', async () => {
  const source = etcdSource(etcdUrls, sendRequest);
  const alarm = (action: string) =>
    fetch(`${etcdUrls[0]}/v3/maintenance/alarm`, {
      ...{ method: 'POST', body: JSON.stringify({ action, memberID: '1', alarm: 'NOSPACE' }) },
    });
  assert.equal((await alarm('ACTIVATE')).status, 200);
  await until(source, (all) => all.every(({ alarms }) => alarms.includes('NOSPACE')));
  assert.equal((await alarm('DEACTIVATE')).status, 200);
  await until(source, (all) => all.every(({ alarms, unwellForMs }) => alarms.length === 0 && unwellForMs === 0));
  const [one, two] = cluster.machines as [PatroniMachine, PatroniMachine];
  await Promise.all([one.freeze(), two.freeze()]);
  try {
    const members = await until(source, (all) => all.every((each) => each.silentForMs + each.unwellForMs > 0));
    assert.ok((members[0]?.silentForMs ?? 0) > 0);
  } finally {
    await Promise.all([one.thaw(), two.thaw()]);
  }
  await until(source, (all) => all.every((each) => each.silentForMs + each.unwellForMs === 0));
});
