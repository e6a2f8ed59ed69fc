import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, type FigureResults, formatFigureTable } from '../figure-table.ts';
import { startPostgres } from '../peers/start-postgres.ts';
import { stopOnInterrupt } from '../peers/stop-on-interrupt.ts';
import { installSynapse } from '../peers/synapse/install-synapse.ts';
import { bridgeRows } from './bridge-rows.ts';
import {
  type BridgeGround,
  type BridgePeer,
  type BridgeScenario,
  type BridgeSizes,
  runBridgeScenario,
} from './bridge-run.ts';
import { serviceDelay } from './scenarios/appservice-delay.ts';
import { serviceRate } from './scenarios/appservice-rate.ts';
import { serviceReturns } from './scenarios/appservice-returns.ts';
import { hangingServices } from './scenarios/hanging-appservices.ts';
import { ircBridge } from './scenarios/irc-bridge.ts';

const scenarios: readonly BridgeScenario[] = [serviceRate, serviceDelay, hangingServices, serviceReturns, ircBridge];
const scenarioNames = scenarios.map(({ name }) => name);

const fullSizes: BridgeSizes = {
  liveSeconds: 10,
  backlogEvents: { holdfast: 20_000, synapse: 600 },
  delaySeconds: 15,
  hangingPhases: 5,
  hangingSeconds: 6,
  queuedEvents: 100_000,
  ircUsers: 1_000,
  ircChannels: 50,
  talkSeconds: 20,
};
const shortSizes: BridgeSizes = {
  liveSeconds: 4,
  backlogEvents: { holdfast: 3_000, synapse: 200 },
  delaySeconds: 4,
  hangingPhases: 2,
  hangingSeconds: 3,
  queuedEvents: 10_000,
  ircUsers: 100,
  ircChannels: 10,
  talkSeconds: 5,
};

const usage = `npm run bench -- bridge [options]
  --against synapse   measure Synapse too, on the same PostgreSQL
  --only a,b          of ${scenarioNames.join(', ')}
  --short             fewer events, fewer people, rough figures
  --out FILE          writes FILE.json and FILE.md
irc needs InspIRCd (apt-get install inspircd).`;

/** Measures what goes to application services and through the bridge to IRC: `npm run bench -- bridge`. */
export async function benchBridge(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      against: { type: 'string' },
      only: { type: 'string' },
      short: { type: 'boolean' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(usage);
  const wanted = values.only?.split(',') ?? scenarioNames;
  const isKnown = values.against === undefined || values.against === 'synapse';
  if (!isKnown || !wanted.every((name) => scenarioNames.includes(name))) throw new Error(usage);
  const sizes = values.short ? shortSizes : fullSizes;
  const peers: BridgePeer[] = ['holdfast', ...(values.against ? (['synapse'] as const) : [])];
  const loadBefore = loadavg()[0] ?? 0;
  const results = await measurePeers(peers, sizes, wanted);
  report(results, sizes, { out: values.out, loadBefore });
}

/** Server after server and scenario after scenario, so that each has the machine to itself. */
async function measurePeers(
  peers: readonly BridgePeer[],
  sizes: BridgeSizes,
  wanted: readonly string[],
): Promise<FigureResults[]> {
  const scratchFolder = process.env['HOLDFAST_BENCH_SCRATCH'] ?? join(tmpdir(), 'holdfast-bench');
  mkdirSync(scratchFolder, { recursive: true });
  const folder = mkdtempSync(join(scratchFolder, 'bridge-'));
  const removeFolder = stopOnInterrupt(async () => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
  try {
    const chosen = scenarios.filter(({ name }) => wanted.includes(name));
    const results: FigureResults[] = [];
    for (const peer of peers) {
      const own = chosen.filter((scenario) => scenario.peers.includes(peer));
      results.push(await measurePeer(peer, sizes, own, { postgres, folder, scratchFolder }));
    }
    return results;
  } finally {
    await postgres.stop();
    await removeFolder();
  }
}

async function measurePeer(
  peer: BridgePeer,
  sizes: BridgeSizes,
  chosen: readonly BridgeScenario[],
  ground: BridgeGround,
): Promise<FigureResults> {
  const log = (line: string) => console.error(`[${peer}] ${line}`);
  const figures: Figure[] = [];
  const failures: { scenario: string; error: string }[] = [];
  for (const scenario of chosen) {
    log(`${scenario.name} ...`);
    try {
      figures.push(...(await runBridgeScenario(scenario, { peer, sizes, log }, ground)));
    } catch (error) {
      failures.push({ scenario: scenario.name, error: String(error) });
      log(`${scenario.name} failed: ${String(error)}`);
    }
  }
  const version = peer === 'synapse' ? `Synapse ${(await installSynapse(ground.scratchFolder)).version}` : 'Holdfast';
  return { peer, version, figures, failures };
}

function report(
  results: readonly FigureResults[],
  sizes: BridgeSizes,
  { out, loadBefore }: { readonly out: string | undefined; readonly loadBefore: number },
): void {
  const setting = [
    `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; ` +
      `load average before: ${loadBefore.toFixed(1)}`,
    ...results.map(({ peer, version }) => `${peer}: ${version}`),
    `${sizes.queuedEvents} queued events; ${sizes.ircUsers} users of IRC in ${sizes.ircChannels} channels`,
  ];
  const text = `${setting.map((line) => `- ${line}`).join('\n')}\n\n${formatFigureTable(bridgeRows, results)}\n`;
  console.log(text);
  for (const { peer, failures } of results) {
    for (const { scenario, error } of failures) console.log(`${peer}: ${scenario} failed: ${error}`);
    if (failures.length > 0) process.exitCode = 1;
  }
  if (out === undefined) return;
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(`${out}.json`, `${JSON.stringify({ setting, results }, null, 2)}\n`);
  writeFileSync(`${out}.md`, text);
}
