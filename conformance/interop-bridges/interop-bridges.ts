import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { silenceConsole } from '../clients/silence-console.ts';
import { type ActResult, type BridgePlay, playBridge } from './bridge-play.ts';
import { heisenbridge } from './bridges/heisenbridge.ts';
import { matrixBotSdk } from './bridges/matrix-bot-sdk.ts';
import { mautrix } from './bridges/mautrix.ts';
import { startBridgeWorld } from './world/start-bridge-world.ts';

const bridges: readonly BridgePlay[] = [heisenbridge, matrixBotSdk, mautrix];

const usage = `npm run interop:bridges -- [options]
  --only a,b         of: ${bridges.map(({ name }) => name).join(', ')}
  --keep             leave the run's folder with the logs
Needs python3 with venv, ngircd, and the registries of Python and npm.
Environment: HOLDFAST_BENCH_DATABASE_URL (a superuser's; a private PostgreSQL is started without it),
HOLDFAST_BENCH_SCRATCH (where the bridges are installed; default in the system's folder for temporary files)`;

/** Runs bridges of others, unmodified, against Holdfast, and prints what works. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, keep: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  });
  if (values.help) return print(usage);
  silenceConsole();
  const chosen = chooseBridges(values.only);
  const scratch = process.env['HOLDFAST_BENCH_SCRATCH'] ?? join(tmpdir(), 'holdfast-bench');
  mkdirSync(scratch, { recursive: true });
  const run = mkdtempSync(join(scratch, 'interop-bridges-'));
  const world = await startBridgeWorld({ run, scratch });
  try {
    const all: ActResult[] = [];
    for (const bridge of chosen) {
      print(`${bridge.name}:`);
      const { results, version } = await playBridge(bridge, world, (result) => print(describeResult(result)));
      print(`  (${bridge.name} ${version ?? 'of an unknown version'})`);
      all.push(...results);
    }
    const failed = all.filter(({ problem }) => problem !== undefined).length;
    print(`\n${all.length - failed} of ${all.length} passed`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await world.stop();
    if (values.keep) print(`The logs are in ${run}`);
    else rmSync(run, { recursive: true, force: true });
  }
}

function chooseBridges(only: string | undefined): readonly BridgePlay[] {
  if (only === undefined) return bridges;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !bridges.some((bridge) => bridge.name === name));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}\n${usage}`);
  return bridges.filter(({ name }) => names.includes(name));
}

function describeResult({ act, seconds, problem }: ActResult): string {
  const line = `  ${problem === undefined ? '✔' : '✖'} ${act} (${seconds.toFixed(1)} s)`;
  return problem === undefined ? line : `${line}\n      ${problem}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
