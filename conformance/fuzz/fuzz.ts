import { parseArgs } from 'node:util';
import { adminRoutes } from '@holdfast/homeserver/http/admin-api/routes.ts';
import { clientRoutes } from '@holdfast/homeserver/http/client-api/routes.ts';
import { consoleRoutes } from '@holdfast/homeserver/http/console/console-routes.ts';
import type { Endpoint } from '@holdfast/homeserver/http/endpoint.ts';
import { statusRoutes } from '@holdfast/homeserver/http/status-page/status-routes.ts';
import { createRandom, type Random } from '../simulation/random.ts';
import { fuzzAppservices } from './appservices/fuzz-appservices.ts';
import { choose } from './choose.ts';
import { fuzzFederation } from './federation/fuzz-federation.ts';
import { fillPool } from './fill-pool.ts';
import type { FuzzReport } from './fuzz-report.ts';
import { fuzzIrc } from './irc/fuzz-irc.ts';
import { judgeReply } from './judge-reply.ts';
import { makeAdministrator } from './make-administrator.ts';
import { type FuzzPool, makeRequest } from './make-request.ts';
import { fuzzMonitor } from './monitor/fuzz-monitor.ts';
import { sendRawRequest } from './send-raw-request.ts';
import { judgeServer, sendRequests } from './send-requests.ts';
import { type FuzzedServer, startFuzzedServer } from './start-fuzzed-server.ts';

/**
 * Sends hostile requests to every operation of a real server: `npm run fuzz -- --requests N [--seed S]`, as clients and
 * administrators' tools, with `--federation` as another server, with `--appservices` as application services, or with
 * `--irc` as a server of IRC and a homeserver to the bridge, or with `--monitor` as whoever answers a monitor's pages. Fails on a crash, a 500, an error without a code, anything
 * stored in part, and memory that grows on.
 */
const concurrency = 16;
const toldProblems = 20;
/** Ended sessions would leave nothing to send with. */
const endingOperations = new Set(['logout', 'logout_all', 'deactivateAccount', 'changePassword']);
/** What operators do to accounts and rooms for good: done to none of those that the other requests are made with. */
const destroyingOperations = new Set([
  ...['deactivateUser', 'resetPassword', 'logOutUser', 'changeUser', 'deleteRoom', 'setAdminLockUser'],
  ...['putUserV2', 'deactivateUserV1', 'resetPasswordV1', 'deleteUserDeviceV2', 'deleteUserDevicesV2', 'setUserAdmin'],
  ...['deleteRoomV1', 'deleteRoomV2', 'suspendUserV1'],
]);

export async function fuzz(requests: number, seed: number): Promise<FuzzReport> {
  const server = await startFuzzedServer();
  try {
    const random = createRandom(seed);
    const pool = await fillPool(server.port);
    const clients = clientRoutes.filter((route) => !endingOperations.has(route.operation));
    const others = [...adminRoutes, ...consoleRoutes, ...statusRoutes];
    const destroying = others.filter(({ operation }) => destroyingOperations.has(operation));
    const operatorPool = {
      ...{ ...pool, tokens: [await makeAdministrator(server), ...pool.tokens] },
      sparedPaths: new Set(destroying.map(({ path }) => path)),
    };
    const sparingPool = sparing(operatorPool);
    const statuses = new Map<number, number>();
    const outcome = await sendRequests(server, { requests, concurrency }, (index) => {
      const isForOperators = random.chance(0.1);
      const route = choose(random, isForOperators ? others : clients);
      const forOperators = destroyingOperations.has(route.operation) ? sparingPool : operatorPool;
      const given = isForOperators ? forOperators : pool;
      return sendOne(server, random, route, given, index, statuses);
    });
    const problems = [...outcome.problems, ...(await judgeServer(server, outcome))];
    return { requests: outcome.sent, statuses, problems };
  } finally {
    await server.stop();
  }
}

/** The same without the names of accounts and rooms that are needed. */
function sparing(pool: FuzzPool): FuzzPool {
  const byParameter = {
    ...pool.byParameter,
    userid: ['@nobody:fuzz.example', '@a:other.example'],
    roomid: ['!none:fuzz.example'],
  };
  return { ...pool, byParameter, texts: pool.texts.filter((text) => !/^[@!]/.test(text)) };
}

async function sendOne(
  server: FuzzedServer,
  random: Random,
  endpoint: Endpoint,
  pool: FuzzPool,
  index: number,
  statuses: Map<number, number>,
): Promise<string | undefined> {
  const request = makeRequest(random, endpoint, pool);
  // Long polls and requests that never end are left by their client.
  const abandons = request.endless || endpoint.operation === 'sync';
  const reply = await sendRawRequest(server.port, request.bytes, index, abandons ? 200 : undefined);
  if (reply.status !== undefined) statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
  const problem = judgeReply(reply, abandons || request.bytes.length > 1_000_000);
  if (problem === undefined) return undefined;
  return `${endpoint.operation}: ${problem}\n  ${JSON.stringify(request.bytes.toString('latin1').slice(0, 600))}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      federation: { type: 'boolean', default: false },
      irc: { type: 'boolean', default: false },
      appservices: { type: 'boolean', default: false },
      monitor: { type: 'boolean', default: false },
    },
  });
  const { irc, federation, appservices, monitor } = values;
  const chosen = [irc && fuzzIrc, federation && fuzzFederation, appservices && fuzzAppservices, monitor && fuzzMonitor];
  const run = chosen.find((each) => each !== false) ?? fuzz;
  const report = await run(Number(values.requests), Number(values.seed));
  const statuses = [...report.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  console.log(`${report.requests} requests, seed ${values.seed}; ${statuses.join(', ')}`);
  for (const line of report.more ?? []) console.log(line);
  for (const problem of report.problems.slice(0, toldProblems)) console.log(`✖ ${problem}`);
  console.log(
    report.problems.length === 0 ? 'No crash, no 500, nothing in part.' : `${report.problems.length} problems`,
  );
  process.exitCode = report.problems.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
