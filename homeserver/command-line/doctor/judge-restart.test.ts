import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from './finding.ts';
import {
  isDatabaseHere,
  judgeDatabaseUnits,
  judgeHook,
  judgeLentAddresses,
  judgeMount,
  judgeNeededRoutes,
  judgeRoutes,
  judgeSecretFile,
  judgeTimeSource,
  judgeTimeUnits,
  judgeUnit,
  judgeWatchdog,
} from './judge-restart.ts';

const verdicts = (findings: readonly Finding[]) => {
  for (const { verdict, mend } of findings) if (verdict !== 'ok') assert.ok(mend);
  return findings.map(({ verdict }) => verdict).join();
};

test('a machine without a default route is told, and one whose routes cannot be read is not', () => {
  const head = 'Iface\tDestination\tGateway\n';
  assert.equal(verdicts(judgeRoutes(`${head}eth0\t00000000\t0101A8C0\t0003\n`)), 'ok');
  assert.equal(verdicts(judgeRoutes(`${head}eth0\t0000020A\t00000000\t0001\n`)), 'warning');
  assert.equal(verdicts(judgeRoutes(undefined)), '');
  const zeros = '0'.repeat(32);
  const through6 = (gateway: string) => `${zeros} 00 ${zeros} 00 ${gateway} 00000400 00000001 00000000 00000003 eth0\n`;
  assert.equal(verdicts(judgeRoutes(head, through6('fe800000000000000000000000000001'))), 'ok');
  assert.equal(verdicts(judgeRoutes(head, through6(zeros))), 'warning');
});

test('a route that the monitor watches must be there', () => {
  const told = JSON.stringify([{ dst: 'default', gateway: '10.0.0.1' }, { dst: '10.2.0.0/16' }]);
  assert.equal(verdicts(judgeNeededRoutes(['10.2.0.0/16'], told)), '');
  assert.match(judgeNeededRoutes(['10.3.0.0/16'], told)[0]?.what ?? '', /no route to 10\.3\.0\.0\/16/);
  assert.equal(verdicts(judgeNeededRoutes(['10.3.0.0/16'], told)), 'warning');
  assert.deepEqual([judgeNeededRoutes([], told), judgeNeededRoutes(['10.3.0.0/16'], undefined)], [[], []]);
});

test('a configuration with secrets is not for everybody', () => {
  assert.deepEqual(
    [0o100600, 0o100640, 0o100644, 0o100666, undefined].map((mode) => verdicts(judgeSecretFile('/etc/h.yaml', mode))),
    ['', '', 'warning', 'warning', ''],
  );
});

test('an address that is lent is told', () => {
  const told = JSON.stringify([{ addr_info: [{ local: '10.0.0.2', dynamic: true }, { local: '127.0.0.1' }] }, {}]);
  assert.match(judgeLentAddresses(told)[0]?.what ?? '', /10\.0\.0\.2 is lent/);
  assert.equal(judgeLentAddresses(told).length, 1);
  assert.deepEqual([judgeLentAddresses('no JSON'), judgeLentAddresses(undefined)], [[], []]);
});

test('a clock that nothing keeps, and a unit that does not start with the machine, are told', () => {
  assert.deepEqual(
    ['yes', 'no', undefined].map((told) => verdicts(judgeTimeSource(told))),
    ['ok', 'warning', ''],
  );
  assert.deepEqual(
    ['enabled', 'disabled', 'masked', 'not-found', undefined].map((told) => verdicts(judgeUnit(told))),
    ['ok', 'warning', 'warning', '', ''],
  );
  assert.match(judgeUnit('disabled', 'postgresql.service')[0]?.mend ?? '', /^systemctl enable postgresql$/);
});

const answers = (told: Readonly<Record<string, string>>) =>
  new Map(Object.entries(told).map(([unit, answer]) => [`${unit}.service`, answer]));

test('what starts the database is looked for where it runs: on any of the hosts of its address', () => {
  const own = ['10.0.0.2', 'fd00::2'];
  const isHere = (hosts: string) => isDatabaseHere(`postgres://holdfast:a%40b@${hosts}/holdfast`, own);
  assert.deepEqual(
    ['localhost', '127.0.0.1:5432', '[::1]', '', '%2Frun%2Fpostgresql', '10.0.0.1,10.0.0.2:5432', '[fd00::2]:5432'].map(
      isHere,
    ),
    Array(7).fill(true),
  );
  assert.deepEqual(['10.0.0.1', '10.0.0.1,10.0.0.3', 'localhost.example.org'].map(isHere), [false, false, false]);
  assert.equal(isDatabaseHere(undefined, own), false);
});

test('where Patroni starts PostgreSQL, its unit has to start and that of PostgreSQL must not', () => {
  const mends = (told: Readonly<Record<string, string>>) =>
    judgeDatabaseUnits(answers(told)).flatMap(({ mend }) => mend ?? []);
  assert.deepEqual(mends({ postgresql: 'disabled' }), ['systemctl enable postgresql']);
  assert.deepEqual(mends({ postgresql: 'enabled', patroni: 'disabled', etcd: 'disabled' }), []);
  assert.deepEqual(mends({ postgresql: 'disabled', patroni: 'enabled', etcd: 'disabled' }), ['systemctl enable etcd']);
  const ours = { 'holdfast-patroni': 'enabled', 'holdfast-etcd': 'enabled', postgresql: 'disabled', etcd: 'disabled' };
  assert.deepEqual(mends(ours), []);
  assert.deepEqual(mends({ ...ours, 'holdfast-patroni': 'disabled' }), ['systemctl enable holdfast-patroni']);
  assert.deepEqual(mends({ ...ours, postgresql: 'enabled' }), ['systemctl disable postgresql']);
});

test('one of the programs that keep the time has to start with the machine', () => {
  assert.equal(verdicts(judgeTimeUnits(answers({ chrony: 'enabled', 'systemd-timesyncd': 'disabled' }))), '');
  assert.equal(verdicts(judgeTimeUnits(answers({ chrony: 'disabled', 'systemd-timesyncd': 'not-found' }))), 'warning');
  assert.equal(verdicts(judgeTimeUnits(answers({ chrony: 'not-found' }))), '');
});

test('a volume must come back after a restart, and be the same one', () => {
  const mounts = '/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /srv ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n';
  const judge = (table: string, folder = '/srv/holdfast') => verdicts(judgeMount({ folder, mounts, table }));
  assert.equal(judge('# nothing\n'), 'warning');
  assert.equal(judge('/dev/sdb1 /srv ext4 defaults 0 2\n'), 'warning');
  assert.equal(judge('UUID=1b2c /srv ext4 defaults 0 2\n'), 'ok');
  assert.equal(judge('/dev/mapper/data /srv ext4 defaults 0 2\n'), 'ok');
  assert.equal(judge('', '/var/lib/holdfast'), '');
  assert.equal(judge('', '/run/holdfast'), '');
  assert.equal(judge('', '/srvother'), '');
});

test('a hook that calls a program by its bare name is found, as the one of 2017', () => {
  const hook = (text: string) => verdicts(judgeHook('/etc/network/if-up.d/routes', `#!/bin/sh\n${text}\n`));
  assert.equal(hook('ip route add 10.2.0.0/16 via 10.1.0.1'), 'warning');
  assert.equal(hook('[ -n "$IFACE" ] && ip route add 10.2.0.0/16 via 10.1.0.1'), 'warning');
  assert.equal(hook('/usr/sbin/ip route add 10.2.0.0/16 via 10.1.0.1'), '');
  assert.equal(hook('PATH=/usr/sbin:/usr/bin\nip route add default via 10.1.0.1'), '');
  assert.equal(hook('echo ip route'), '');
});

test('a watchdog that is wanted has to be there, and writable for postgres', () => {
  const unit = 'ExecStartPre=+/bin/sh -c "chown postgres /dev/watchdog"\n';
  const device = { uid: 104, mode: 0o020600 };
  const judge = (changed: object) => judgeWatchdog({ unit, device, postgresUid: 104, ...changed });
  assert.equal(verdicts(judge({})), 'ok');
  assert.equal(verdicts(judge({ device: { uid: 0, mode: 0o020666 } })), 'ok');
  assert.match(judge({ device: undefined })[0]?.what ?? '', /there is no \/dev\/watchdog/);
  assert.equal(verdicts(judge({ device: undefined })), 'warning');
  for (const wrong of [
    { device: { uid: 0, mode: 0o020600 } },
    { device: { uid: 104, mode: 0o020400 } },
    { postgresUid: undefined },
  ]) {
    assert.match(judge(wrong)[0]?.what ?? '', /postgres cannot write/);
    assert.equal(verdicts(judge(wrong)), 'warning');
  }
  assert.deepEqual([judge({ unit: undefined }), judge({ unit: 'ExecStart=/opt/x\n', device: undefined })], [[], []]);
});
