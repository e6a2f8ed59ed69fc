import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { federationRoutes } from '@holdfast/homeserver/http/federation-api/routes.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { makeAuthority } from '../../federated-servers/make-authority.ts';
import { createRandom, type Random } from '../../simulation/random.ts';
import { type StubAnswer, type StubServer, startStubServer } from '../../stub-servers/stub-server.ts';
import type { FuzzReport } from '../fuzz-report.ts';
import { judgeReply } from '../judge-reply.ts';
import { judgeServer, sendRequests } from '../send-requests.ts';
import { type FuzzedServer, startFuzzedServer } from '../start-fuzzed-server.ts';
import { type HostileServer, startHostileServer } from './hostile-server.ts';
import { type FederationPool, makeFederationRequest } from './make-federation-request.ts';

/** One more than transactions of one server may wait. */
const concurrency = 5;
/** What is refused because too much waits is sent again, as servers do: else hardly anything would be looked at. */
const sendsAgain = 6;
const sendAgainAfterMs = 500;
/** The server may ask back for events before it answers; that has a bound of its own. */
const answerDeadlineMs = 120_000;
/** A local room next to the hostile ones is spoken in every so often, and nothing may take longer than this there. */
const speakEveryMs = 500;
const slowestSendMs = 5_000;

/** A hostile server sends requests to every operation for servers. As `fuzz`, and no other room becomes slow. */
export async function fuzzFederation(requests: number, seed: number): Promise<FuzzReport> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fuzz-federation-'));
  const authority = await makeAuthority(folder);
  const [own, others] = [await authority.issue('holdfast'), await authority.issue('stub')];
  const random = createRandom(seed);
  const setting = { ...others, authorities: authority.certificate, connections: concurrency };
  const server = await startFuzzedServer({ ...own, authorities: authority.certificate });
  const hostile = await startHostileServer(setting, random);
  const silent = await startSilentServer(setting);
  try {
    return await attack({ server, hostile, silent, random, requests });
  } finally {
    await server.stop();
    await Promise.all([hostile.stub.close(), silent.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A server whose keys nobody ever gets. */
async function startSilentServer(setting: Parameters<typeof startStubServer>[0]): Promise<StubServer> {
  const stub = await startStubServer(setting);
  stub.handlers.push(({ path }) => (path.startsWith('/_matrix/key/') ? { act: () => {} } : undefined));
  return stub;
}

interface Attack {
  readonly server: FuzzedServer;
  readonly hostile: HostileServer;
  readonly silent: StubServer;
  readonly random: Random;
  readonly requests: number;
}

async function attack({ server, hostile, silent, random, requests }: Attack): Promise<FuzzReport> {
  const statuses = new Map<number, number>();
  const user = await registerUser(server.url, 'ann');
  const pool = await preparePool(user, hostile);
  const endpoints = federationRoutes.filter(({ authentication }) => authentication === 'server');
  const { room_id: quietRoom } = await user.call('POST', '/_matrix/client/v3/createRoom', {});
  hostile.turnHostile();
  const over = new AbortController();
  const speaking = speakMeanwhile(user, quietRoom, over.signal);
  const outcome = await sendRequests(server, { requests, concurrency }, async () => {
    const { what, method, path, body } = makeFederationRequest(random, endpoints, pool);
    const from = random.chance(0.002) ? silent : hostile.stub;
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
  const problems = [...outcome.problems, ...(await speaking), ...(await judgeServer(server, outcome))];
  return { requests: outcome.sent, statuses, problems };
}

async function askWithin(from: StubServer, to: string, method: string, path: string, body: string | undefined) {
  const late = new AbortController();
  const timer = delay(answerDeadlineMs, undefined, { signal: late.signal }).catch(() => undefined);
  const answer = from.ask(to, method, path, body).catch((): StubAnswer | undefined => undefined);
  return Promise.race([answer, timer]).finally(() => late.abort());
}

/** A user of the server joins the hostile server's rooms while it still behaves, and has rooms at home. */
async function preparePool(user: TestUser, { stub, rooms }: HostileServer): Promise<FederationPool> {
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
    roomIds: [...rooms.map(({ roomId }) => roomId), ...home.map(({ room_id: roomId }) => roomId), '!none:else.example'],
    userIds: [user.userId, `@maker:${stub.name}`, `@member-1:${stub.name}`, `@nobody:${stub.name}`, '@x:else.example'],
    eventIds: [...rooms.flatMap(({ events }) => [...events.keys()]), '$unknown', '$unknown:else.example'],
  };
}

/** Says how it went in a room that the hostile server has nothing to do with. */
async function speakMeanwhile(user: TestUser, roomId: string, signal: AbortSignal): Promise<string[]> {
  const problems: string[] = [];
  for (let turn = 0; !signal.aborted; turn++) {
    const startMs = performance.now();
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/s${turn}`;
    const reply = await user
      .send('PUT', path, { body: { msgtype: 'm.text', body: `turn ${turn}` } })
      .catch(() => undefined);
    const tookMs = performance.now() - startMs;
    if (reply?.status !== 200) problems.push(`a message in another room was answered with ${reply?.status}`);
    else if (tookMs > slowestSendMs) problems.push(`a message in another room took ${Math.round(tookMs)} ms`);
    await delay(speakEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return problems;
}
