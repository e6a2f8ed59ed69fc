import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { startDrillPostgres } from '../cluster/drill-postgres.ts';
import { type FakePager, startFakePager } from '../cluster/fake-pager.ts';
import { HomeserverProcess } from '../cluster/homeserver-process.ts';
import { type Finding, finding, within } from '../drill.ts';

const pageLimitMs = 120_000;
const secondPersonLimitMs = 300_000;
const outsideLimitMs = 180_000;
/** What the keeper of the outside address was told to allow: docs/operating/monitor.md. */
const outsideGraceMs = 120_000;
/** Longer than the distance of two calls of the outside address. */
const silenceMs = 45_000;
/** Idle waiting is scaled down where there is little time. */
const shortNextPersonMs = 30_000;

/**
 * D9. The homeserver is killed and nobody answers the pager; then the monitor, which has outlived it, is killed too. The
 * pager and the outside are an HTTP server that writes down what comes.
 */
export const nobodyAnswers = {
  name: 'd9',
  fault: 'nobody answers the pager; then the monitor itself dies',
  async run({ folder, short }: { readonly folder: string; readonly short: boolean }): Promise<Finding[]> {
    const pager = await startFakePager();
    const postgres = await startDrillPostgres(folder);
    const homeserver = await HomeserverProcess.start({
      name: 'hs1',
      logFile: join(folder, 'hs1.log'),
      environment: {
        HOLDFAST_DATABASE_URL: postgres.url,
        HOLDFAST_DATA_DIR: folder,
        HOLDFAST_SERVER_NAME: 'drill.example',
        HOLDFAST_LOG_FORMAT: 'json',
        HOLDFAST_MONITOR_PORT: '0',
        HOLDFAST_MONITOR_OUTSIDE_SWITCH_URL: `${pager.url}/outside`,
        HOLDFAST_MONITOR_PAGING: JSON.stringify(describePaging(pager.url, short)),
      },
    });
    let monitorPid = 0;
    try {
      await pager.first('/outside', 0, 60_000);
      const [started = '{}'] = homeserver.findLines(/the monitor starts/);
      monitorPid = (JSON.parse(started) as { childPid?: number }).childPid ?? 0;
      if (monitorPid === 0) throw new Error('the homeserver does not say which process its monitor is');
      return await judge(homeserver, pager, monitorPid);
    } finally {
      if (monitorPid > 0) endProcess(monitorPid);
      await homeserver.stop();
      await postgres.stop();
      pager.close();
    }
  },
};

async function judge(homeserver: HomeserverProcess, pager: FakePager, monitorPid: number): Promise<Finding[]> {
  console.log('  the homeserver is killed, and nobody will answer');
  const killedMs = performance.now();
  await homeserver.kill();
  const firstMs = (await pager.first('/anna', killedMs, pageLimitMs)) - killedMs;
  const secondMs = (await pager.first('/ben', killedMs, secondPersonLimitMs)) - killedMs;
  console.log('  the monitor is killed');
  const diedMs = performance.now();
  endProcess(monitorPid);
  await wait(silenceMs);
  const lastMs = pager.last('/outside') ?? Number.NEGATIVE_INFINITY;
  const alarmMs = lastMs + outsideGraceMs - diedMs;
  return [
    within('until the first person is paged', firstMs, pageLimitMs),
    within('until the second person is', secondMs, secondPersonLimitMs),
    finding('the address outside was called before', alarmMs > 0 ? 'yes' : 'no', 'yes', alarmMs > 0),
    within('from the death of the monitor to the alarm outside', alarmMs, outsideLimitMs),
  ];
}

function describePaging(url: string, short: boolean) {
  const person = (name: string) => ({ reach: [{ notifier: 'pager', address: `${url}/${name}` }] });
  return {
    notifiers: { pager: { kind: 'webhook' } },
    people: { anna: person('anna'), ben: person('ben') },
    roster: { time_zone: 'UTC', start: '2026-01-05', every_days: 366, people: ['anna', 'ben'] },
    ...(short && { escalation: { next_person_after_ms: shortNextPersonMs } }),
  };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
