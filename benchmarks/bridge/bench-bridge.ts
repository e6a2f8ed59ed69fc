import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type FigureResults, formatFigureTable } from '../figure-table.ts';
import { measureScenarios } from '../measure-scenarios.ts';
import { reportFigures } from '../report-figures.ts';
import { withBenchGround } from '../with-bench-ground.ts';
import { bridgeRows } from './bridge-rows.ts';
import { type BridgePeer, type BridgeScenario, type BridgeSizes, runBridgeScenario } from './bridge-run.ts';
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
  hangingPhases: 20,
  hangingSeconds: 4,
  queuedEvents: 100_000,
  ircUsers: 1_000,
  ircChannels: 50,
  talkSeconds: 20,
};
const shortSizes: BridgeSizes = {
  liveSeconds: 4,
  backlogEvents: { holdfast: 3_000, synapse: 200 },
  delaySeconds: 4,
  hangingPhases: 4,
  hangingSeconds: 2,
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
  reportFigures(results, {
    setting: [
      `load average before: ${loadBefore.toFixed(1)}`,
      `${sizes.queuedEvents} queued events; ${sizes.ircUsers} users of IRC in ${sizes.ircChannels} channels`,
    ],
    table: formatFigureTable(bridgeRows, results),
    out: values.out,
  });
}

/** Server after server and scenario after scenario, so that each has the machine to itself. */
async function measurePeers(
  peers: readonly BridgePeer[],
  sizes: BridgeSizes,
  wanted: readonly string[],
): Promise<FigureResults[]> {
  return await withBenchGround('bridge', async (ground) => {
    const chosen = scenarios.filter(({ name }) => wanted.includes(name));
    const results: FigureResults[] = [];
    for (const peer of peers) {
      const measured = await measureScenarios({
        peer,
        scenarios: chosen.filter((scenario) => scenario.peers.includes(peer)),
        scratchFolder: ground.scratchFolder,
        measure: (scenario, log) => runBridgeScenario(scenario, { peer, sizes, log }, ground),
      });
      results.push(measured);
    }
    return results;
  });
}
