/**
 * The monitor as a process of its own. It is run by `holdfast start` or `holdfast monitor`, which send its settings over
 * standard input as one line of JSON. With `--test` it sends a test page to everybody, says what came of it, and ends.
 *
 * The end of that input is no reason to end: when the homeserver dies, the monitor is what has to say so. It ends when it
 * is told to (SIGTERM), and, orphaned, when another monitor has taken its place.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '@holdfast/effects/clock.ts';
import { createLog } from '@holdfast/effects/create-log.ts';
import { startDeadline, withDeadline } from '@holdfast/effects/deadline.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import { sendRequest } from '../platform/send-request.ts';
import { sendTestPage } from './send-test-page.ts';
import { startMonitor } from './start-monitor.ts';

const stopMs = 5_000;
const orphanLookMs = 10_000;
const answerMs = 2_000;

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { test: { type: 'boolean' } } });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  let isOrphan = false;
  const settings = await readSettings(() => {
    isOrphan = true;
  });
  if (values.test) return testPage(settings);
  const log = createLog({ level: 'info', format: 'json' }).child({ part: 'monitor' });
  const monitor = await startMonitor({ settings, clock: systemClock, random: systemRandom, log, send: sendRequest });
  let wasOrphan = false;
  while (!stopping.signal.aborted) {
    await systemClock.sleep(orphanLookMs, stopping.signal);
    if (isOrphan && !wasOrphan) log.error({}, 'the homeserver that started this monitor is gone');
    // The one that the next start of the homeserver brings takes the lease when this one lets it go.
    if (isOrphan && wasOrphan && (await isAnotherThere(settings))) break;
    wasOrphan = isOrphan;
  }
  await withDeadline(monitor.stop(), stopMs, 'ending').catch((error: unknown) => {
    log.warn({ err: error }, 'the monitor did not end cleanly');
  });
  return 0;
}

/** Whether the homeserver answers again: whoever started it has started a monitor with it. */
async function isAnotherThere({ homeserver_url: url }: MonitorSettings): Promise<boolean> {
  const deadline = startDeadline(answerMs, 'asking the homeserver');
  try {
    return (await sendRequest({ method: 'GET', url: `${url}/health/live` }, deadline)).status === 200;
  } catch {
    return false;
  } finally {
    deadline.finish();
  }
}

async function testPage(settings: MonitorSettings): Promise<number> {
  const results = await sendTestPage(settings, { send: sendRequest, clock: systemClock });
  for (const { whom, way, problem } of results) {
    process.stdout.write(
      `${problem === undefined ? 'taken' : 'FAILED'}  ${whom} by ${way}${problem ? `: ${problem}` : ''}\n`,
    );
  }
  if (results.length === 0) process.stdout.write('nobody is in monitor.paging: a page would reach no one\n');
  return results.length > 0 && results.every(({ problem }) => problem === undefined) ? 0 : 1;
}

/** The first line of standard input; later its end calls `onEnd`. */
function readSettings(onEnd: () => void): Promise<MonitorSettings> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: process.stdin });
    lines.once('line', (line) => {
      try {
        resolve(JSON.parse(line) as MonitorSettings);
      } catch (error) {
        reject(error);
      }
    });
    lines.once('close', () => {
      reject(
        new Error('the monitor is started by `holdfast start` or `holdfast monitor`, which tell it what to watch'),
      );
      onEnd();
    });
  });
}

if (import.meta.main) {
  try {
    process.exit(await run());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
