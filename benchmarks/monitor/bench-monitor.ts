import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { countQueries } from '@holdfast/monitor/testing/count-queries.ts';
import { readTreeCpuSeconds, readTreeMemoryBytes } from '../load/process-memory.ts';
import { runHoldfast } from '../peers/run-holdfast.ts';
import { findFreePort } from '../peers/run-server.ts';
import { type BenchGround, withBenchGround } from '../with-bench-ground.ts';

/** What the monitor may cost at rest. */
const bounds = { coreShare: 0.01, queriesPerSecond: 5 };
const watchingTimeoutMs = 120_000;
/** So often it looks whether other servers find this one. */
const ownNameEverySeconds = 300;
const metricsToken = 'metrics of the bench';
const holdfast = join(import.meta.dirname, '..', '..', 'homeserver', 'holdfast.js');
const ownNameProgram = join(import.meta.dirname, '../../homeserver/remote-servers/check/check-own-name.ts');

const usage = `npm run bench -- monitor [options]
  --seconds N   how long the monitor is measured at rest (default 60)
Fails where it costs more than ${bounds.coreShare * 100} % of a core or ${bounds.queriesPerSecond} queries a second.`;

/** Measures what the monitor costs beside a homeserver that nobody uses: `npm run bench -- monitor`. */
export async function benchMonitor(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { seconds: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) return console.log(usage);
  const seconds = Number(values.seconds ?? 60);
  if (!(seconds >= 5)) throw new Error(usage);
  const cost = await withBenchGround('monitor', (ground) => measureAtRest(ground, seconds));
  const checkShare = (await measureOwnNameCheck()) / ownNameEverySeconds;
  const coreShare = cost.coreShare + checkShare;
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  const { queriesPerSecond, memoryBytes } = cost;
  const rows = [
    ['the monitor at rest', 'measured', 'bound'],
    ['---', '---', '---'],
    ['time of a core', percent(coreShare), percent(bounds.coreShare)],
    ['of that, whether other servers find this one', percent(checkShare), ''],
    ['queries', `${queriesPerSecond.toFixed(2)} a second`, `${bounds.queriesPerSecond} a second`],
    ['memory (proportional)', `${Math.round(memoryBytes / 2 ** 20)} MiB`, ''],
  ];
  console.log(rows.map((row) => `| ${row.join(' | ')} |`).join('\n'));
  if (coreShare <= bounds.coreShare && queriesPerSecond <= bounds.queriesPerSecond) return;
  console.log('✖ The monitor costs more than it may.');
  process.exitCode = 1;
}

interface Cost {
  readonly coreShare: number;
  readonly queriesPerSecond: number;
  readonly memoryBytes: number;
}

async function measureAtRest({ postgres, folder }: BenchGround, seconds: number): Promise<Cost> {
  const databaseUrl = await postgres.createDatabase('bench_monitor');
  const [port, monitorPort] = [await findFreePort(), await findFreePort()];
  const appservices = join(folder, 'appservices');
  mkdirSync(appservices, { recursive: true });
  const shared = { HOLDFAST_METRICS_TOKEN: metricsToken, HOLDFAST_APPLICATION_SERVICES_FOLDER: appservices };
  const server = await runHoldfast({
    ...{ folder: join(folder, 'server'), port, serverName: 'bench.example', databaseUrl },
    env: { ...shared, HOLDFAST_MONITOR_ENABLED: 'false' },
  });
  const counter = await countQueries(databaseUrl);
  const monitor = spawn(process.execPath, [holdfast, 'monitor'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...{ ...process.env, ...shared, HOLDFAST_DATA_DIR: join(folder, 'monitor') },
      ...{ HOLDFAST_SERVER_NAME: 'bench.example', HOLDFAST_DATABASE_URL: counter.url },
      ...{ HOLDFAST_MONITOR_PROCESSES: server.baseUrl, HOLDFAST_MONITOR_PORT: String(monitorPort) },
      // Its name is in no DNS; what the check costs is measured by itself.
      HOLDFAST_MONITOR_OWN_NAME: 'false',
    },
  });
  try {
    await untilWatching(`http://127.0.0.1:${monitorPort}/metrics`, monitor);
    const pid = monitor.pid as number;
    const [startMs, startSeconds, startCount] = [performance.now(), readTreeCpuSeconds(pid, true), counter.read()];
    await delay(seconds * 1_000);
    const passedSeconds = (performance.now() - startMs) / 1_000;
    return {
      coreShare: (readTreeCpuSeconds(pid, true) - startSeconds) / passedSeconds,
      queriesPerSecond: (counter.read() - startCount) / passedSeconds,
      memoryBytes: readTreeMemoryBytes(pid),
    };
  } finally {
    monitor.kill('SIGTERM');
    if (monitor.exitCode === null) await once(monitor, 'exit');
    await counter.close();
    await server.stop();
  }
}

/** Until it pages, and a message of its own has come back: from then on nothing changes any more. */
async function untilWatching(url: string, monitor: ChildProcess): Promise<void> {
  const headers = { authorization: `Bearer ${metricsToken}` };
  const endMs = performance.now() + watchingTimeoutMs;
  while (performance.now() < endMs && monitor.exitCode === null) {
    const text = await fetch(url, { headers }).then(
      (reply) => reply.text(),
      () => '',
    );
    if (/^holdfast_monitor_leader 1$/m.test(text) && /^holdfast_monitor_canary_seconds\{/m.test(text)) return;
    await delay(200);
  }
  throw new Error('the monitor did not begin to watch');
}

/** How long a core works for one check, in seconds: a program that is started, asks and ends. */
async function measureOwnNameCheck(): Promise<number> {
  const readSeconds = () => {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  };
  const before = readSeconds();
  const child = execFile(process.execPath, [ownNameProgram]);
  const question = { server_name: 'bench.invalid', homeserver_url: 'http://127.0.0.1:9' };
  child.stdin?.write(`${JSON.stringify(question)}\n`);
  await once(child, 'exit');
  return readSeconds() - before;
}
