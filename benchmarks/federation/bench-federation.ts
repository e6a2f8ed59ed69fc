import { parseArgs } from 'node:util';
import { makeAuthority } from '@holdfast/conformance/federated-servers/make-authority.ts';
import type { ServerKind } from '@holdfast/conformance/federated-servers/start-linked-server.ts';
import type { Figure, FigureResults } from '../figure-table.ts';
import { measureScenarios } from '../measure-scenarios.ts';
import { reportFigures } from '../report-figures.ts';
import { withBenchGround } from '../with-bench-ground.ts';
import { type FederationScenario, type FederationSizes, runScenario } from './federation-run.ts';
import { formatFederationTable } from './federation-table.ts';
import { measureResolution } from './measure-resolution.ts';
import { conflict } from './scenarios/conflict.ts';
import { deadServers } from './scenarios/dead-servers.ts';
import { fanOut } from './scenarios/fan-out.ts';
import { forks } from './scenarios/forks.ts';
import { joinLargeRoom } from './scenarios/join-large-room.ts';
import { receive } from './scenarios/receive.ts';

const scenarios: readonly FederationScenario[] = [receive, fanOut, deadServers, forks, conflict, joinLargeRoom];
const scenarioNames = [...scenarios.map(({ name }) => name), 'resolve'];

const fullSizes: FederationSizes = {
  receivedMessages: { holdfast: 10_000, synapse: 300 },
  origins: 50,
  members: 20_000,
  stateEvents: 30_000,
  resident: 'stub',
  servers: 1_000,
  sentMessages: { holdfast: 20, synapse: 5 },
  forks: 500,
  conflicts: 10_000,
};
const shortSizes: FederationSizes = {
  ...fullSizes,
  receivedMessages: { holdfast: 2_000, synapse: 100 },
  members: 1_000,
  stateEvents: 1_500,
  servers: 50,
  forks: 100,
  conflicts: 1_000,
};

const usage = `npm run bench -- federation [options]
  --against synapse   measure Synapse too, on the same PostgreSQL
  --only a,b          of ${scenarioNames.join(', ')}
  --members N, --state N, --servers N
                      sizes of the large and of the wide room
  --resident synapse  who joins the large room is told it by a Synapse, not by stub servers
  --short             small rooms, rough figures
  --out FILE          writes FILE.json and FILE.md`;

/** Measures federation: `npm run bench -- federation`. */
export async function benchFederation(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      against: { type: 'string' },
      only: { type: 'string' },
      members: { type: 'string' },
      state: { type: 'string' },
      servers: { type: 'string' },
      resident: { type: 'string' },
      short: { type: 'boolean' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(usage);
  for (const choice of [values.against, values.resident]) {
    if (choice !== undefined && choice !== 'synapse') throw new Error(usage);
  }
  const wanted = values.only?.split(',') ?? scenarioNames;
  if (!wanted.every((name) => scenarioNames.includes(name))) throw new Error(usage);
  const base = values.short ? shortSizes : fullSizes;
  const sizes: FederationSizes = {
    ...base,
    members: readCount(values.members, base.members),
    stateEvents: readCount(values.state, base.stateEvents),
    servers: readCount(values.servers, base.servers),
    resident: values.resident === 'synapse' ? 'synapse' : 'stub',
  };
  const peers: ServerKind[] = ['holdfast', ...(values.against ? (['synapse'] as const) : [])];
  const results = await measurePeers(peers, sizes, wanted);
  reportFigures(results, {
    setting: [
      `large room: ${sizes.members} members, ${sizes.stateEvents} state events, told by a ${sizes.resident}; wide room: ${sizes.servers} servers; ` +
        `${sizes.origins} origins; ${sizes.forks} forks; ${sizes.conflicts} conflicting events`,
    ],
    table: formatFederationTable(results),
    out: values.out,
  });
}

function readCount(text: string | undefined, fallback: number): number {
  const count = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`${text} is no number of at least 1\n${usage}`);
  return count;
}

/** Scenario after scenario, server after server, so that each has the machine to itself. */
async function measurePeers(
  peers: readonly ServerKind[],
  sizes: FederationSizes,
  wanted: readonly string[],
): Promise<FigureResults[]> {
  return await withBenchGround('federation', async (bench) => {
    const authority = await makeAuthority(bench.folder);
    const ground = { ...bench, authority, stubCertificate: await authority.issue('stub') };
    const results: FigureResults[] = [];
    for (const peer of peers) {
      const measured = await measureScenarios({
        peer,
        scenarios: scenarios.filter(({ name }) => wanted.includes(name)),
        scratchFolder: bench.scratchFolder,
        measure: (scenario, log) => runScenario(scenario, { peer, sizes, log }, ground),
      });
      results.push(measured);
    }
    return wanted.includes('resolve') ? addFigures(results, measureResolution()) : results;
  });
}

function addFigures(results: FigureResults[], figures: readonly Figure[]): FigureResults[] {
  return results.map((result) =>
    result.peer === 'holdfast' ? { ...result, figures: [...result.figures, ...figures] } : result,
  );
}
