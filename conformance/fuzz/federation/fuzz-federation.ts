import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { federationRoutes } from '@holdfast/homeserver/http/federation-api/routes.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { makeAuthority } from '../../federated-servers/make-authority.ts';
import { createRandom, type Random } from '../../simulation/random.ts';
import type { StubAnswer, StubServer } from '../../stub-servers/stub-server.ts';
import { choose } from '../choose.ts';
import type { FuzzReport } from '../fuzz-report.ts';
import { judgeReply } from '../judge-reply.ts';
import { judgeServer, sendRequests } from '../send-requests.ts';
import { type FuzzedServer, startFuzzedServer } from '../start-fuzzed-server.ts';
import { askMeanwhile, type ClientGround } from './client-traffic.ts';
import { type HostileServer, startHostileServer } from './hostile-server.ts';
import { type FederationPool, makeFederationRequest } from './make-federation-request.ts';
import { startOddKeyServers } from './odd-key-servers.ts';
import { judgeSpeed, median, type Spoken, speakInQuiet, speakMeanwhile } from './speak-meanwhile.ts';

/** One more than transactions of one server may wait. */
const concurrency = 5;
/** What is refused because too much waits is sent again, as servers do: else hardly anything would be looked at. */
const sendsAgain = 6;
const sendAgainAfterMs = 500;
/** The server may ask back for events before it answers; that has a bound of its own. */
const answerDeadlineMs = 120_000;

export interface FederationFuzzReport extends FuzzReport {
  /** What clients asked, by kind, and what the hostile server was asked, by operation. */
  readonly clientAsked: ReadonlyMap<string, number>;
  readonly hostileAsked: ReadonlyMap<string, number>;
}

/**
 * A hostile server sends requests to every operation for servers, and clients ask for what it answers with anything. As
 * `fuzz`, and no other room becomes slow.
 */
export async function fuzzFederation(requests: number, seed: number): Promise<FederationFuzzReport> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fuzz-federation-'));
  const authority = await makeAuthority(folder);
  const [own, others] = [await authority.issue('holdfast'), await authority.issue('stub')];
  const random = createRandom(seed);
  const setting = { ...others, authorities: authority.certificate, connections: concurrency };
  const server = await startFuzzedServer({ ...own, authorities: authority.certificate });
  const hostile = await startHostileServer(setting, random);
  const odd = await startOddKeyServers(setting, random, hostile.ground);
  try {
    const report = await attack({ server, hostile, odd, random, requests });
    const wrongEnd = await server.stop();
    return wrongEnd === undefined ? report : { ...report, problems: [...report.problems, wrongEnd] };
  } finally {
    await server.stop();
    await Promise.all([hostile.stub, ...odd].map((stub) => stub.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

interface Attack {
  readonly server: FuzzedServer;
  readonly hostile: HostileServer;
  readonly odd: readonly StubServer[];
  readonly random: Random;
  readonly requests: number;
}

async function attack({ server, hostile, odd, random, requests }: Attack): Promise<FederationFuzzReport> {
  const statuses = new Map<number, number>();
  const user = await registerUser(server.url, 'ann');
  const pool = await preparePool(user, hostile);
  const clients = await prepareClients(server, user, hostile, odd);
  const endpoints = federationRoutes.filter(({ authentication }) => authentication === 'server');
  const { room_id: quietRoom } = await user.call('POST', '/_matrix/client/v3/createRoom', {});
  const quiet = await speakInQuiet(user, quietRoom);
  hostile.turnHostile();
  const over = new AbortController();
  const speaking = speakMeanwhile(user, quietRoom, over.signal);
  const asking = askMeanwhile(random, clients, over.signal);
  const outcome = await sendRequests(server, { requests, concurrency }, async () => {
    const { what, method, path, body } = makeFederationRequest(random, endpoints, pool);
    const from = random.chance(0.003) ? choose(random, odd) : hostile.stub;
    const ask = () => askWithin(from, server.serverName, method, path, body);
    let reply = await ask();
    for (let again = 0; reply?.status === 429 && again < sendsAgain; again++) {
      await delay(sendAgainAfterMs);
      reply = await ask();
    }
    if (reply !== undefined) statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
    const problem = judgeReply({ status: reply?.status, body: reply?.text ?? '' }, false);
    return problem && `${what}: ${problem}\n  ${method} ${path} ${body?.slice(0, 600) ?? ''}`;
  });
  over.abort();
  const [spoken, asked] = [await speaking, await asking];
  const speedProblems = judgeSpeed(quiet, spoken);
  const problems = [...outcome.problems, ...asked.problems, ...speedProblems, ...(await judgeServer(server, outcome))];
  return {
    ...{ requests: outcome.sent, statuses, problems, clientAsked: asked.asked, hostileAsked: hostile.asked },
    more: [
      `Clients asked: ${list(asked.asked)}`,
      `The hostile server was asked: ${list(hostile.asked)}`,
      `Messages next door: half in ${describe(quiet)} in quiet, in ${describe(spoken)} under attack`,
    ],
  };
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
}

function describe({ tookMs }: Spoken): string {
  return `${median(tookMs).toFixed(1)} ms (the slowest ${Math.max(...tookMs).toFixed(0)} ms)`;
}

/** Somebody who comes and goes, and a room of the server whose children are elsewhere. */
async function prepareClients(
  server: FuzzedServer,
  member: TestUser,
  hostile: HostileServer,
  others: readonly StubServer[],
): Promise<ClientGround> {
  const { foreignRooms, rooms, stub } = hostile;
  const visitor = await registerUser(server.url, 'ben');
  const { room_id: spaceId } = await member.call('POST', '/_matrix/client/v3/createRoom', {
    creation_content: { type: 'm.space' },
    initial_state: foreignRooms.map(({ roomId }) => ({
      ...{ type: 'm.space.child', state_key: roomId, content: { via: [stub.name] } },
    })),
  });
  return {
    ...{ member, visitor, hostile: stub, others, joinedRooms: rooms, foreignRooms, spaceId },
    isAlive: () => server.isAlive(),
  };
}

async function askWithin(from: StubServer, to: string, method: string, path: string, body: string | undefined) {
  const late = new AbortController();
  const timer = delay(answerDeadlineMs, undefined, { signal: late.signal }).catch(() => undefined);
  const answer = from.ask(to, method, path, body).catch((): StubAnswer | undefined => undefined);
  return Promise.race([answer, timer]).finally(() => late.abort());
}

/** A user of the server joins the hostile server's rooms while it still behaves, and has rooms at home. */
async function preparePool(user: TestUser, { stub, rooms, snares }: HostileServer): Promise<FederationPool> {
  for (const { roomId } of rooms) {
    const via = encodeURIComponent(stub.name);
    await user.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?via=${via}&server_name=${via}`, {});
  }
  const home = await Promise.all(
    ['1', '6', '10', '12'].map((version) =>
      user.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat', room_version: version }),
    ),
  );
  return {
    stub,
    rooms,
    snares,
    roomIds: [...rooms.map(({ roomId }) => roomId), ...home.map(({ room_id: roomId }) => roomId), '!none:else.example'],
    userIds: [user.userId, `@maker:${stub.name}`, `@member-1:${stub.name}`, `@nobody:${stub.name}`, '@x:else.example'],
    eventIds: [...rooms.flatMap(({ events }) => [...events.keys()]), '$unknown', '$unknown:else.example'],
  };
}
