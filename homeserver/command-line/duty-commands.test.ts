import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { takeLease, writeState } from '@holdfast/monitor/storage/lease-and-state.ts';
import { emptyMonitorState } from '@holdfast/monitor/storage/monitor-state.ts';
import {
  type MonitorSql,
  migrateMonitorDatabase,
  openMonitorDatabase,
} from '@holdfast/monitor/storage/open-monitor-database.ts';
import { takeOperatorRequests } from '@holdfast/monitor/storage/operator-requests.ts';
import { collectOutput } from '../testing/collect-output.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { runCommandLine } from './run-command-line.ts';

let homeserver: TestHomeserver;
let configFile: string;
let sql: MonitorSql;
before(async () => {
  homeserver = await startTestHomeserver();
  configFile = join(await makeTestFolder(), 'holdfast.yaml');
  await writeFile(configFile, `database: { url: "${homeserver.databaseUrl}" }\n`);
});
after(async () => {
  await sql?.end({ timeout: 1 });
  await homeserver.stop();
});

const run = (...args: string[]) => runLine('monitor', ...args);
const maintain = (...args: string[]) => runLine('maintenance', ...args);

async function runLine(...args: string[]) {
  const { output, printed, complaints } = collectOutput([]);
  const exitCode = await runCommandLine([...args, '--config', configFile], output);
  return { exitCode, printed: printed(), complaints: complaints() };
}

const until = ['--until', '2999-01-02T00:00:00+01:00'];
const from = ['--from', '2999-01-01T00:00:00Z'];

test('without a monitor nobody is on call and nobody can stand in', async () => {
  assert.match((await run('duty')).complaints, /No monitor has ever watched/);
  assert.match((await maintain('list')).complaints, /No monitor has ever watched/);
  assert.match((await run('override', 'ben', ...from, ...until)).complaints, /No monitor watches/);
});

test('who is on call is shown, and who stands in is asked of the monitor, on record', async () => {
  sql = openMonitorDatabase(homeserver.databaseUrl);
  await migrateMonitorDatabase(sql);
  await takeLease(sql, 'm1', 60_000);
  await writeState(sql, 'm1', {
    ...{ ...emptyMonitorState, savedMs: 9 },
    duty: {
      order: ['anna', 'ben'],
      shifts: [{ person: 'anna', fromMs: 0, toMs: 86_400_000 }],
      people: ['anna', 'ben'],
    },
    silenceable: ['database-down', 'replica-lost'],
    silences: [
      { id: '9-0', fromMs: 0, toMs: 3_600_000, rules: [], by: '@op:test.example', reason: 'new disks' },
      { id: '9-1', fromMs: 0, toMs: 3_600_000, rules: ['replica-lost'], by: '@op:test.example', reason: 'moved' },
    ],
    overrides: [{ id: '7-0', person: 'ben', fromMs: 0, toMs: 60_000, by: '@op:test.example' }],
  });
  const { printed } = await run('duty');
  assert.match(printed, /called first, then the others: anna, ben/);
  assert.match(printed, /1970-01-01T00:00:00Z to 1970-01-02T00:00:00Z {2}anna/);
  assert.match(printed, /to 1970-01-01T00:01:00Z {2}ben {2}@op:test.example {2}7-0/);
  assert.equal((await run('override', 'ben', ...from, ...until)).exitCode, 0);
  assert.equal((await run('end-override', '7-0')).exitCode, 0);
  const [override, end] = await takeOperatorRequests(sql);
  assert.deepEqual(override, {
    ...{ kind: 'override', person: 'ben', by: override?.by },
    ...{ from_ms: Date.parse('2999-01-01T00:00:00Z'), to_ms: Date.parse('2999-01-01T23:00:00Z') },
  });
  assert.match(override?.by ?? '', /^command line: /);
  assert.deepEqual([end?.kind, end?.kind === 'end-override' && end.id], ['end-override', '7-0']);
  const acts = await homeserver.context.database<{ operation: string; outcome: string }[]>`
    SELECT operation, outcome FROM audit_entry ORDER BY id`;
  assert.deepEqual(
    acts.map(({ operation, outcome }) => `${operation} ${outcome}`),
    ['overrideRoster M_NOT_FOUND', 'overrideRoster done', 'endOverride done'],
  );
});

test('planned maintenance is listed, added and taken away, on record', async () => {
  const { printed } = await maintain('list');
  assert.match(printed, /^9-0 {2}1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z {2}all alerts$/m);
  assert.match(printed, /^9-1 .* replica-lost\n {2}moved \(@op:test.example\)$/m);
  const span = ['--from', new Date(Date.now() + 3_600_000).toISOString(), '--until'];
  const end = new Date(Date.now() + 7_200_000).toISOString();
  const added = await maintain('add', 'database-down', 'replica-lost', ...span, end, '--reason', 'upgrade');
  assert.match(added.printed, /: database-down, replica-lost wake nobody. The monitor does it within five seconds\./);
  assert.match((await maintain('add', ...span, end, '--reason', 'move')).printed, /: all alerts wake nobody/);
  assert.equal((await maintain('remove', '9-0')).exitCode, 0);
  const asked = await takeOperatorRequests(sql);
  assert.deepEqual(
    asked.map((each) => [each.kind, 'rules' in each ? each.rules : undefined, 'id' in each ? each.id : undefined]),
    [
      ['plan-maintenance', ['database-down', 'replica-lost'], undefined],
      ['plan-maintenance', [], undefined],
      ['end-silence', undefined, '9-0'],
    ],
  );
  const acts = await homeserver.context.database<{ act: string }[]>`
    SELECT operation || ' ' || target || ': ' || outcome AS act FROM audit_entry ORDER BY id DESC LIMIT 3`;
  assert.deepEqual(
    acts.map(({ act }) => act),
    ['endMaintenance 9-0: done', 'planMaintenance : done', 'planMaintenance database-down replica-lost: done'],
  );
  const wrong: [args: string[], why: RegExp][] = [
    [['add', 'database-donw', ...span, end, '--reason', 'x'], /There is no alert "database-donw" that can be silenced/],
    [['add', 'message-lost', ...span, end, '--reason', 'x'], /There is no alert "message-lost" that can be silenced/],
    [['add', ...span, end], /Say why/],
    [['add', '--reason', 'x'], /Say until when/],
    [['add', ...span, '2999-01-01T00:00:00Z', '--reason', 'x'], /more than a week/],
    [['remove', 'nothing'], /Nothing that is planned has the id/],
  ];
  for (const [args, why] of wrong) {
    const { exitCode, complaints } = await maintain(...args);
    assert.notEqual(exitCode, 0);
    assert.match(complaints, why);
  }
  assert.deepEqual(await takeOperatorRequests(sql), []);
});

test('what makes no sense is refused with why', async () => {
  const wrong: [args: string[], why: RegExp][] = [
    [['override', 'eve', ...from, ...until], /Nobody is called "eve"/],
    [['override', 'ben', ...from], /Say until when/],
    [['override', 'ben', '--until', '2999-01-02'], /A time has its offset/],
    [['override', 'ben', '--until', '2999-01-02T00:00:00Z'], /more than three months/],
    [['override', 'ben', '--from', '2999-01-03T00:00:00Z', ...until], /over before it begins/],
    [['override', ...until], /Name one person/],
    [['end-override', 'nothing'], /No standing in has the id/],
  ];
  for (const [args, why] of wrong) {
    const { exitCode, complaints } = await run(...args);
    assert.notEqual(exitCode, 0);
    assert.match(complaints, why);
  }
  assert.deepEqual(await takeOperatorRequests(sql), []);
});
