import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeAuthority } from '@holdfast/conformance/federated-servers/make-authority.ts';
import type { ServerKind } from '@holdfast/conformance/federated-servers/start-linked-server.ts';
import type { Figure } from '../figure-table.ts';
import { startPostgres } from '../peers/start-postgres.ts';
import { stopOnInterrupt } from '../peers/stop-on-interrupt.ts';
import { installSynapse } from '../peers/synapse/install-synapse.ts';
import { type FederationGround, type FederationScenario, type FederationSizes, runScenario } from './federation-run.ts';
import { type FederationResults, formatFederationTable } from './federation-table.ts';
import { measureResolution } from './measure-resolution.ts';
import { fanOut } from './scenarios/fan-out.ts';
import { forks } from './scenarios/forks.ts';
import { joinLargeRoom } from './scenarios/join-large-room.ts';
import { receive } from './scenarios/receive.ts';

const scenarios: readonly FederationScenario[] = [receive, fanOut, forks, joinLargeRoom];
const scenarioNames = [...scenarios.map(({ name }) => name), 'resolve'];

const fullSizes: FederationSizes = {
  receivedMessages: { holdfast: 10_000, synapse: 300 },
  origins: 50,
  members: 20_000,
  stateEvents: 30_000,
  servers: 1_000,
  sentMessages: { holdfast: 20, synapse: 5 },
  forks: 500,
};
const shortSizes: FederationSizes = {
  ...fullSizes,
  receivedMessages: { holdfast: 2_000, synapse: 100 },
  members: 1_000,
  stateEvents: 1_500,
  servers: 50,
  forks: 100,
};

const usage = `npm run bench -- federation [options]
  --against synapse   measure Synapse too, on the same PostgreSQL
  --only a,b          of ${scenarioNames.join(', ')}
  --members N, --state N, --servers N
                      sizes of the large and of the wide room
  --short             small rooms, rough figures
  --out FILE          writes FILE.json and FILE.md
A Synapse is installed for the large room's resident even without --against.`;

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
      short: { type: 'boolean' },
      out: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(usage);
  if (values.against !== undefined && values.against !== 'synapse') throw new Error(usage);
  const wanted = values.only?.split(',') ?? scenarioNames;
  if (!wanted.every((name) => scenarioNames.includes(name))) throw new Error(usage);
  const base = values.short ? shortSizes : fullSizes;
  const sizes: FederationSizes = {
    ...base,
    members: readCount(values.members, base.members),
    stateEvents: readCount(values.state, base.stateEvents),
    servers: readCount(values.servers, base.servers),
  };
  const peers: ServerKind[] = ['holdfast', ...(values.against ? (['synapse'] as const) : [])];
  const results = await measurePeers(peers, sizes, wanted);
  report(results, sizes, values.out);
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
): Promise<FederationResults[]> {
  const scratchFolder = process.env['HOLDFAST_BENCH_SCRATCH'] ?? join(tmpdir(), 'holdfast-bench');
  mkdirSync(scratchFolder, { recursive: true });
  const folder = mkdtempSync(join(scratchFolder, 'federation-'));
  const removeFolder = stopOnInterrupt(async () => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
  try {
    const authority = await makeAuthority(folder);
    const stubCertificate = await authority.issue('stub');
    const ground = { postgres, authority, stubCertificate, folder, scratchFolder };
    const chosen = scenarios.filter(({ name }) => wanted.includes(name));
    const results: FederationResults[] = [];
    for (const peer of peers) results.push(await measurePeer(peer, sizes, chosen, ground));
    return wanted.includes('resolve') ? addFigures(results, measureResolution()) : results;
  } finally {
    await postgres.stop();
    await removeFolder();
  }
}

async function measurePeer(
  peer: ServerKind,
  sizes: FederationSizes,
  chosen: readonly FederationScenario[],
  ground: FederationGround,
): Promise<FederationResults> {
  const log = (line: string) => console.error(`[${peer}] ${line}`);
  const figures: Figure[] = [];
  const failures: { scenario: string; error: string }[] = [];
  for (const scenario of chosen) {
    log(`${scenario.name} ...`);
    try {
      const measured = await runScenario(scenario, { peer, sizes, log }, ground);
      figures.push(...measured);
      log(measured.map(({ key, value }) => `${key} ${value.toFixed(2)}`).join(', '));
    } catch (error) {
      failures.push({ scenario: scenario.name, error: String(error) });
      log(`${scenario.name} failed: ${String(error)}`);
    }
  }
  const version = peer === 'synapse' ? `Synapse ${(await installSynapse(ground.scratchFolder)).version}` : 'Holdfast';
  return { peer, version, figures, failures };
}

function addFigures(results: FederationResults[], figures: readonly Figure[]): FederationResults[] {
  return results.map((result) =>
    result.peer === 'holdfast' ? { ...result, figures: [...result.figures, ...figures] } : result,
  );
}

function report(results: readonly FederationResults[], sizes: FederationSizes, out: string | undefined): void {
  const setting = [
    `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    ...results.map(({ peer, version }) => `${peer}: ${version}`),
    `large room: ${sizes.members} members, ${sizes.stateEvents} state events; wide room: ${sizes.servers} servers; ` +
      `${sizes.origins} origins; ${sizes.forks} forks`,
  ];
  const text = `${setting.map((line) => `- ${line}`).join('\n')}\n\n${formatFederationTable(results)}\n`;
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
