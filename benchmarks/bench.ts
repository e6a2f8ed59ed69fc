import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { type BenchOptions, readBenchOptions, usage } from './bench-options.ts';
import { ceiling } from './ceiling/ceiling.ts';
import { markdownTable } from './markdown-table.ts';
import { measurePeer, measureRunningServer, type PeerResults } from './measure-peer.ts';
import { type CoreFigure, coreTable, measureCore } from './micro/measure-core.ts';
import { holdfast } from './peers/holdfast.ts';
import type { Peer } from './peers/peer.ts';
import { startPostgres } from './peers/start-postgres.ts';
import { isInterrupted, stopOnInterrupt } from './peers/stop-on-interrupt.ts';
import { synapse } from './peers/synapse/synapse.ts';

interface BenchResults {
  readonly setting: readonly string[];
  readonly servers: readonly PeerResults[];
  readonly core: readonly CoreFigure[];
}

const installFolder = process.env['HOLDFAST_BENCH_SCRATCH'] ?? join(tmpdir(), 'holdfast-bench');
const peers: Readonly<Record<string, Peer>> = { ceiling, holdfast, synapse: synapse(installFolder) };

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === 'federation')
    return (await import('./federation/bench-federation.ts')).benchFederation(args.slice(1));
  if (args[0] === 'bridge') return (await import('./bridge/bench-bridge.ts')).benchBridge(args.slice(1));
  if (args[0] === 'monitor') return (await import('./monitor/bench-monitor.ts')).benchMonitor(args.slice(1));
  const options = readBenchOptions(args);
  if (options === 'help') return console.log(usage);
  const core = options.wanted.has('micro') ? measureCore() : [];
  const measured = options.wanted.size > (core.length > 0 ? 1 : 0) ? await measureServers(options) : undefined;
  const servers = measured?.servers ?? [];
  const setting = describeSetting(options, servers, measured?.databaseVersion);
  report(options, { setting, servers, core });
  if (servers.some((server) => server.failures.length > 0)) process.exitCode = 1;
}

/** One after the other, so that each has the machine to itself. */
async function measureServers(options: BenchOptions): Promise<{ servers: PeerResults[]; databaseVersion?: string }> {
  const logOf = (name: string) => (line: string) => console.error(`[${name}] ${line}`);
  const { sizes, wanted, server } = options;
  if (server !== undefined) {
    return { servers: [await measureRunningServer(server, { sizes, wanted, log: logOf('server') })] };
  }
  mkdirSync(installFolder, { recursive: true });
  const scratchFolder = mkdtempSync(join(installFolder, 'run-'));
  const removeScratch = stopOnInterrupt(() => rm(scratchFolder, { recursive: true, force: true }));
  const postgres = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
  try {
    const servers: PeerResults[] = [];
    for (const name of options.peers) {
      const peer = peers[name] as Peer;
      servers.push(await measurePeer(peer, { sizes, wanted, scratchFolder, postgres, log: logOf(name) }));
    }
    return { servers, databaseVersion: postgres.version };
  } finally {
    await postgres.stop();
    await removeScratch();
  }
}

function describeSetting(options: BenchOptions, servers: readonly PeerResults[], databaseVersion = ''): string[] {
  const machine = `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const { sizes } = options;
  return [
    databaseVersion === '' ? machine : `${machine}; ${databaseVersion}, every commit flushed`,
    ...servers.map(
      ({ peer, version, durableCommitMs }) =>
        `${peer}: ${version}; just before it, a durable commit took ${durableCommitMs.p50.toFixed(2)} ms (p50 of ${durableCommitMs.samples})`,
    ),
    `medians of ${sizes.sendRounds} rounds of ${sizes.sendSeconds} s after ${sizes.warmUpSeconds} s of warm-up; delivery ` +
      `${sizes.deliverySeconds} s a rate; ${sizes.initialSyncRooms} rooms in an initial sync; large room: ` +
      `${sizes.largeRoomMembers} members; numbers of samples are in the JSON`,
  ];
}

function report(options: BenchOptions, results: BenchResults): void {
  const { setting, servers, core } = results;
  const parts = [setting.map((line) => `- ${line}`).join('\n')];
  if (servers.length > 0) parts.push(markdownTable(servers));
  if (core.length > 0) parts.push(coreTable(core));
  const text = `${parts.join('\n\n')}\n`;
  console.log(text);
  for (const { peer, failures } of servers) {
    for (const { scenario, error } of failures) console.log(`${peer}: ${scenario} failed: ${error}`);
  }
  if (options.out === undefined) return;
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(`${options.out}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${options.out}.md`, text);
}

try {
  await main();
} catch (error) {
  if (!isInterrupted()) throw error;
  console.error('interrupted: stopping the servers');
}
