import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ceiling } from './ceiling/ceiling.ts';
import { fullSizes, shortSizes } from './load/bench-sizes.ts';
import { scenarios } from './load/run-scenarios.ts';
import { markdownTable } from './markdown-table.ts';
import { measurePeer, type PeerResults } from './measure-peer.ts';
import { holdfast } from './peers/holdfast.ts';
import type { Peer } from './peers/peer.ts';
import { type BenchPostgres, startPostgres } from './peers/start-postgres.ts';
import { synapse } from './peers/synapse/synapse.ts';

const usage = `npm run bench -- [options]
  --against synapse     measure another server too, on the same PostgreSQL
  --only a,b            of ${scenarios.map((scenario) => scenario.name).join(', ')}
  --peers a,b           exactly these of ceiling, holdfast, synapse
  --members N           size of the large room (default 1,000; short 100)
  --short               rough figures in a minute or two for each server
  --out FILE            writes FILE.json and FILE.md
Environment: HOLDFAST_BENCH_DATABASE_URL (a superuser's; a private PostgreSQL is started without it),
HOLDFAST_BENCH_SCRATCH (where other servers are installed; default in the system's folder for temporary files)`;

const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    only: { type: 'string' },
    peers: { type: 'string' },
    members: { type: 'string' },
    short: { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const installFolder = process.env['HOLDFAST_BENCH_SCRATCH'] ?? join(tmpdir(), 'holdfast-bench');
const knownPeers: ReadonlyMap<string, Peer> = new Map(
  [ceiling, holdfast, synapse(installFolder)].map((peer) => [peer.name, peer]),
);

/** Splits a list and refuses names that are not known. */
function readNames(list: string, known: Iterable<string>): string[] {
  const names = list.split(',').map((name) => name.trim());
  const allowed = new Set(known);
  const unknown = names.filter((name) => !allowed.has(name));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(', ')}; known: ${[...allowed].join(', ')}\n${usage}`);
  return names;
}

async function main(): Promise<void> {
  if (options.help) return console.log(usage);
  const scenarioNames = scenarios.map((scenario) => scenario.name);
  const wanted = new Set(options.only === undefined ? scenarioNames : readNames(options.only, scenarioNames));
  const against = options.against === undefined ? [] : readNames(options.against, knownPeers.keys());
  const peers =
    options.peers === undefined ? ['holdfast', ...against, 'ceiling'] : readNames(options.peers, knownPeers.keys());
  const sizes = { ...(options.short ? shortSizes : fullSizes) };
  const members = Number(options.members ?? sizes.largeRoomMembers);
  if (!Number.isInteger(members) || members < 1)
    throw new Error(`--members ${options.members} is no number of members`);

  mkdirSync(installFolder, { recursive: true });
  const scratchFolder = mkdtempSync(join(installFolder, 'run-'));
  let database: BenchPostgres | undefined;
  const results: PeerResults[] = [];
  try {
    database = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
    for (const name of peers) {
      const log = (line: string) => console.error(`[${name}] ${line}`);
      const run = { sizes: { ...sizes, largeRoomMembers: members }, wanted, scratchFolder, postgres: database, log };
      results.push(await measurePeer(knownPeers.get(name) as Peer, run));
    }
    report(results, database.version);
  } finally {
    await database?.stop();
    rmSync(scratchFolder, { recursive: true, force: true });
  }
  if (results.some((result) => result.failures.length > 0)) process.exitCode = 1;
}

function report(results: readonly PeerResults[], databaseVersion: string): void {
  const setting = [
    `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB; ${databaseVersion}, fsync on`,
    ...results.map(
      (result) =>
        `${result.peer}: ${result.version}; a durable commit took ${result.durableCommitMs.p50.toFixed(2)} ms just before`,
    ),
    options.short
      ? 'a short run: rough figures'
      : 'medians of rounds after a warm-up; numbers of samples are in the JSON',
  ];
  const table = `${setting.map((line) => `- ${line}`).join('\n')}\n\n${markdownTable(results)}\n`;
  console.log(table);
  for (const result of results) {
    for (const { scenario, error } of result.failures) console.log(`${result.peer}: ${scenario} failed: ${error}`);
  }
  if (options.out === undefined) return;
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(`${options.out}.json`, `${JSON.stringify({ setting, results }, null, 2)}\n`);
  writeFileSync(`${options.out}.md`, table);
}

await main();
