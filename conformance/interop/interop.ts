import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { silenceConsole } from '../clients/silence-console.ts';
import type { ServerKind } from '../federated-servers/start-linked-server.ts';
import { type ActResult, listActs, playActs } from './play-scenarios.ts';
import { scenarios } from './scenarios.ts';
import { startWorld } from './world/start-world.ts';

const usage = `npm run interop -- [options]
  --only a,b         of: ${scenarios.map(({ name }) => `"${name}"`).join(', ')}
  --versions 6,10    room versions, or a range such as 8-12 (default 1-12)
  --between a,b      the two servers, of holdfast and synapse (default holdfast,synapse)
  --keep             leave the servers' folders with their logs
Environment: HOLDFAST_BENCH_DATABASE_URL (a superuser's; a private PostgreSQL is started without it),
HOLDFAST_BENCH_SCRATCH (where Synapse is installed; default in the system's folder for temporary files)`;

const newestVersion = 12;

/** Plays what two servers have to do together, in every room version and both ways round, and prints a table. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      versions: { type: 'string', default: `1-${newestVersion}` },
      between: { type: 'string', default: 'holdfast,synapse' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return print(usage);
  silenceConsole();
  const versions = readVersions(values.versions);
  const chosen = chooseScenarios(values.only);
  const between = readServers(values.between);
  const scratch = process.env['HOLDFAST_BENCH_SCRATCH'] ?? join(tmpdir(), 'holdfast-bench');
  mkdirSync(scratch, { recursive: true });
  const run = mkdtempSync(join(scratch, 'interop-'));
  const world = await startWorld(between, { run, scratch, keep: values.keep });
  try {
    const [first, second] = world.sides;
    print(`${first.name}: ${first.version}; ${second.name}: ${second.version}`);
    const results = await playActs(world, listActs(chosen, versions), (result) => {
      print(describeResult(result, [first.name, second.name]));
    });
    print(`\n${formatTable(results, versions, [first.name, second.name])}`);
    const failed = results.filter(({ problem }) => problem !== undefined).length;
    print(`\n${results.length - failed} of ${results.length} passed`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await world.stop();
    if (values.keep) print(`The servers' folders are in ${run}`);
    else rmSync(run, { recursive: true, force: true });
  }
}

function describeResult(result: ActResult, names: readonly string[]): string {
  const { scenario, version, residentIndex, seconds, problem } = result;
  const what = `${scenario.name}, room version ${version}, room on ${names[residentIndex]}`;
  return `${problem === undefined ? '✔' : '✖'} ${what} (${seconds.toFixed(1)} s)${problem === undefined ? '' : `\n    ${problem}`}`;
}

/** A row for each scenario and resident, a column for each room version. */
function formatTable(results: readonly ActResult[], versions: readonly number[], names: readonly string[]): string {
  const rows = [...new Set(results.map(({ scenario }) => scenario))].flatMap((scenario) =>
    names.map((name, index) => {
      const cells = versions.map((version) => {
        const found = results.find(
          (result) => result.scenario === scenario && result.version === version && result.residentIndex === index,
        );
        return found === undefined ? '–' : found.problem === undefined ? '✔' : '✖';
      });
      return markdownRow([scenario.name, name, ...cells]);
    }),
  );
  const head = ['scenario', 'room on', ...versions.map(String)];
  return [markdownRow(head), markdownRow(head.map(() => '---')), ...rows].join('\n');
}

function chooseScenarios(only: string | undefined) {
  if (only === undefined) return scenarios;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name.startsWith(name)));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}\n${usage}`);
  return scenarios.filter((scenario) => names.some((name) => scenario.name.startsWith(name)));
}

function readVersions(text: string): number[] {
  const versions = text.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  if (versions.length === 0 || !versions.every((version) => version >= 1 && version <= newestVersion)) {
    throw new Error(`${text} names no room versions\n${usage}`);
  }
  return versions;
}

function readServers(text: string): [ServerKind, ServerKind] {
  const [first, second] = text.split(',');
  const isKind = (name: string | undefined): name is ServerKind => name === 'holdfast' || name === 'synapse';
  if (!isKind(first) || !isKind(second)) throw new Error(`${text} names no two servers\n${usage}`);
  return [first, second];
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

await main();
