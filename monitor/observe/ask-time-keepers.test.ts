import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askTimeKeepers } from './ask-time-keepers.ts';

/** What the programs print on a machine that has only these. */
function ask(programs: Readonly<Record<string, string>>, isTimesynced = false) {
  return askTimeKeepers(
    async (program) => programs[program],
    async () => isTimesynced,
  );
}
const chrony = (leap: string) =>
  `C0A80101,192.168.1.1,3,1764259200.123,0.000012,-0.000003,0.000021,1.234,0.001,0.02,0.01,0.002,64.2,${leap}\n`;
const adjtimex = (status: number) => `         mode: 0
       offset: 0
    frequency: 1234567
     maxerror: 16000000
     esterror: 16000000
       status: ${status}
time_constant: 2
`;
const ntptime = (status: string) => `ntp_gettime() returns code 0 (OK)
  time ed1f, maximum error 1 us
ntp_adjtime() returns code 0 (OK)
  modes 0x0 (),
  status ${status},
  time constant 6, precision 1.000 us
`;

for (const [says, programs, expected] of [
  ['systemd says yes', { timedatectl: 'yes\n' }, { isSynchronised: true, keptBy: 'systemd' }],
  ['systemd says no', { timedatectl: 'no\n' }, { isSynchronised: false, keptBy: 'systemd' }],
  ['chrony is in step', { chronyc: chrony('Normal') }, { isSynchronised: true, keptBy: 'chrony' }],
  ['chrony is not', { chronyc: chrony('Not synchronised') }, { isSynchronised: false, keptBy: 'chrony' }],
  ['the kernel is kept', { adjtimex: adjtimex(8193) }, { isSynchronised: true, keptBy: 'the kernel' }],
  ['the kernel is not', { adjtimex: adjtimex(64) }, { isSynchronised: false, keptBy: 'the kernel' }],
  ['ntptime: kept', { ntptime: ntptime('0x2001 (PLL,NANO)') }, { isSynchronised: true, keptBy: 'the kernel' }],
  ['ntptime: not', { ntptime: ntptime('0x40 (UNSYNC)') }, { isSynchronised: false, keptBy: 'the kernel' }],
  [
    'systemd that says nothing of it is passed over',
    { timedatectl: '\n', adjtimex: adjtimex(64) },
    { isSynchronised: false, keptBy: 'the kernel' },
  ],
  ['nothing that can be read', { chronyc: '', adjtimex: 'what?' }, {}],
] as const) {
  test(`who keeps the clock: ${says}`, async () => assert.deepEqual(await ask(programs), expected));
}

test('who keeps the clock: the file of systemd-timesyncd, where no program says', async () => {
  assert.deepEqual(await ask({}, true), { isSynchronised: true, keptBy: 'systemd-timesyncd' });
});
