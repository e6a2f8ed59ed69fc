import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Incident } from '@holdfast/monitor/decide/incident.ts';
import { takeLease, writeState } from '@holdfast/monitor/storage/lease-and-state.ts';
import { emptyMonitorState } from '@holdfast/monitor/storage/monitor-state.ts';
import {
  type MonitorSql,
  migrateMonitorDatabase,
  openMonitorDatabase,
} from '@holdfast/monitor/storage/open-monitor-database.ts';
import { takeOperatorRequests } from '@holdfast/monitor/storage/operator-requests.ts';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

const path = '/_holdfast/v1/admin/monitor';
const incident: Incident = {
  ...{ id: 'one', openedMs: 5, severity: 'page', losesData: false, cause: 'disk-filling database at /x' },
  ...{ headline: 'the disk', symptoms: [{ key: 'database-down', summary: 'no primary', severity: 'page' }] },
};

let homeserver: TestHomeserver;
let admin: TestUser;
let sql: MonitorSql;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(async () => {
  await sql?.end({ timeout: 1 });
  await homeserver.stop();
});

test('where no monitor has ever run there is nothing to show and nobody to ask', async () => {
  assert.deepEqual(await admin.call('GET', path), { monitor: null });
  await admin.call('POST', `${path}/take`, { incident: 'one' }, 404);
});

test('an administrator sees what the monitor stored, and what is asked for comes to the monitor that pages', async () => {
  sql = openMonitorDatabase(homeserver.databaseUrl);
  await migrateMonitorDatabase(sql);
  await takeLease(sql, 'm1', 60_000);
  await writeState(sql, 'm1', {
    ...{ ...emptyMonitorState, savedMs: 9, decision: { alerts: [], incidents: [incident] } },
    escalations: [
      { incident: 'one', startedMs: 0, step: 1, nextMs: 1, sent: 1, told: ['anna'], unreached: [], headline: 'x' },
    ],
    timeline: [{ atMs: 5, incident: 'one', kind: 'opened', text: 'the disk' }],
    duty: { order: ['anna', 'ben'], shifts: [{ person: 'anna', fromMs: 1, toMs: 2 }], people: ['anna', 'ben'] },
    silences: [{ id: '9', fromMs: 5, toMs: 6, rules: [], by: '@op:test.example', reason: 'work' }],
    silenceable: ['disk-filling'],
    overrides: [{ id: '7', person: 'ben', fromMs: 3, toMs: 4, by: '@op:test.example' }],
  });
  const { monitor } = await admin.call('GET', path);
  assert.deepEqual([monitor.watches, monitor.saved_ts, monitor.on_duty], [true, 9, ['anna', 'ben']]);
  assert.deepEqual(monitor.silences, [
    { id: '9', by: '@op:test.example', reason: 'work', rules: [], from_ts: 5, until_ts: 6 },
  ]);
  assert.deepEqual(monitor.people, ['anna', 'ben']);
  assert.deepEqual(monitor.overrides, [{ id: '7', by: '@op:test.example', person: 'ben', from_ts: 3, to_ts: 4 }]);
  const [{ id, told, can_be_taken: canBeTaken, rules, symptoms }] = monitor.incidents;
  assert.deepEqual(
    [id, told, canBeTaken, rules, symptoms],
    ['one', ['anna'], true, ['disk-filling', 'database-down'], ['no primary']],
  );
  const overview = await admin.call('GET', '/_holdfast/v1/admin/overview');
  assert.equal(overview.verdict, 'critical');
  assert.ok(
    overview.problems.some(({ what, page }: Record<string, string>) => what === 'the disk' && page === '/admin/alerts'),
  );
  await admin.call('POST', `${path}/take`, { incident: 'one' });
  await admin.call('POST', `${path}/silences`, { rules: ['disk-filling'], duration_ms: 60_000, reason: 'moving' });
  await admin.call('DELETE', `${path}/silences/7`);
  await admin.call('POST', `${path}/notes`, { incident: 'one', text: 'A larger disk is on its way' });
  const soonMs = Date.now() + 60_000;
  await admin.call('POST', `${path}/overrides`, { person: 'ben', to_ts: soonMs });
  await admin.call('POST', `${path}/overrides`, { person: 'eve', to_ts: soonMs }, 404);
  await admin.call('POST', `${path}/overrides`, { person: 'ben', from_ts: soonMs, to_ts: soonMs }, 400);
  await admin.call('POST', `${path}/overrides`, { person: 'ben', from_ts: 0, to_ts: soonMs }, 400);
  await admin.call('DELETE', `${path}/overrides/7`);
  const planned = { to_ts: soonMs, reason: 'new disks' };
  await admin.call('POST', `${path}/maintenance`, { ...planned, rules: ['disk-filling'] });
  await admin.call('POST', `${path}/maintenance`, { ...planned, rules: ['message-lost'] }, 404);
  await admin.call('POST', `${path}/maintenance`, { ...planned, from_ts: 0 }, 400);
  await admin.call('DELETE', `${path}/maintenance/9`);
  assert.deepEqual(
    (await takeOperatorRequests(sql)).map(({ kind, by }) => [kind, by]),
    [
      ...['acknowledge', 'silence', 'end-silence', 'note', 'override', 'end-override'],
      ...['plan-maintenance', 'end-silence'],
    ].map((kind) => [kind, admin.userId]),
  );
  const { acts } = await admin.call('GET', '/_holdfast/v1/admin/audit?limit=13');
  assert.deepEqual(
    acts.map(({ operation, outcome }: { operation: string; outcome: string }) => `${operation} ${outcome}`),
    [
      ...[
        'endMaintenance done',
        'planMaintenance M_INVALID_PARAM',
        'planMaintenance M_NOT_FOUND',
        'planMaintenance done',
      ],
      ...['endOverride done', 'overrideRoster M_INVALID_PARAM', 'overrideRoster M_INVALID_PARAM'],
      ...['overrideRoster M_NOT_FOUND', 'overrideRoster done', 'writeNote done', 'endSilence done'],
      ...['silenceAlerts done', 'takeIncident done'],
    ],
  );
});

test('what is out of bounds is refused, and so are people who are no administrators', async () => {
  const wrong: [string, object][] = [
    ['silences', { rules: [], duration_ms: 60_000, reason: 'x' }],
    ['silences', { rules: ['a'], duration_ms: 8 * 86_400_000, reason: 'x' }],
    ['silences', { rules: ['a'], duration_ms: 60_000, reason: '' }],
    ['notes', { incident: 'one', text: '' }],
    ['take', {}],
    ['overrides', { person: 'ben' }],
    ['overrides', { person: '', to_ts: 5 }],
    ['maintenance', { rules: ['a'], reason: 'x' }],
    ['maintenance', { to_ts: 9e12, reason: '' }],
    ['maintenance', { to_ts: 9e12, reason: 'x', rules: [7] }],
  ];
  for (const [what, body] of wrong) await admin.call('POST', `${path}/${what}`, body, 400);
  const ben = await registerUser(homeserver.baseUrl, 'ben');
  await ben.call('GET', path, undefined, 403);
});
