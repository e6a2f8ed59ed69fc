import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type FakeApplicationService,
  startFakeApplicationService,
} from '@holdfast/homeserver/testing/start-fake-application-service.ts';
import { registerUser, request, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { createRandom, type Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import type { FuzzReport } from '../fuzz-report.ts';
import { judgeReply } from '../judge-reply.ts';
import { judgeServer, sendRequests } from '../send-requests.ts';
import { type FuzzedServer, startFuzzedServer } from '../start-fuzzed-server.ts';
import { bendRegistration, type WellRegistration } from './bend-registration.ts';
import { checkRegistrations } from './check-registrations.ts';
import { type HostileService, startHostileService } from './hostile-answers.ts';
import { type QuestionPool, questions } from './questions.ts';
import { startSpeaking } from './speak-meanwhile.ts';

/** Many of them wait for a service that never answers. */
const concurrency = 32;
const hostileServices = 4;
/** Of each so many requests, one writes or removes a file. */
const filesPart = 0.05;
const filesAtOnce = 20;
/** Somebody waits for a service's answer so long at most; several may be asked after another. */
const answerDeadlineMs = 120_000;
const registeredDeadlineMs = 20_000;

/**
 * Hostile registration files, and services that answer whatever they are asked with anything: as `fuzz`; and what
 * another service is sent comes in order, each once, and in time.
 */
export async function fuzzAppservices(requests: number, seed: number): Promise<FuzzReport> {
  const random = createRandom(seed);
  // Every file that is refused would be told as an error.
  const server = await startFuzzedServer(undefined, 'fatal');
  const well = await startFakeApplicationService();
  const hostile = await Promise.all(Array.from({ length: hostileServices }, () => startHostileService(random)));
  try {
    return await attack({ server, well, hostile, random, requests });
  } finally {
    await server.stop();
    await Promise.all([well.stop(), ...hostile.map((service) => service.stop())]);
  }
}

interface Attack {
  readonly server: FuzzedServer;
  readonly well: FakeApplicationService;
  readonly hostile: readonly HostileService[];
  readonly random: Random;
  readonly requests: number;
}

async function attack({ server, well, hostile, random, requests }: Attack): Promise<FuzzReport> {
  const user = await registerUser(server.url, 'ann');
  await register(server, registrationOf('well', well.url, { receive_ephemeral: true }));
  const bad = hostile.map(({ url }, index) => registrationOf(`bad${index}`, url, everything));
  for (const registration of bad) await register(server, registration);
  const pool: QuestionPool = { user, serverUrl: server.url, services: bad, roomId: await makeRoom(user, server, bad) };
  const speaking = startSpeaking(user, well, await makeRoom(user, server, [{ id: 'well', as_token: tokenOf('well') }]));
  const statuses = new Map<number, number>();
  const outcome = await sendRequests(server, { requests, concurrency }, async (index) => {
    if (random.chance(filesPart)) return await changeFile(server, random, choose(random, bad), index);
    const { what, method, path, token, body } = choose(random, questions)(random, pool);
    const reply = await askWithin(server.url + path, method, token ?? user.accessToken, body);
    if (reply !== undefined) statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
    const problem = judgeReply({ status: reply?.status, body: reply?.text ?? '' }, false);
    return problem && `${what}: ${problem}\n  ${method} ${path}`;
  });
  const problems = [...outcome.problems, ...(await speaking.finish()), ...(await judgeServer(server, outcome))];
  problems.push(...(await checkRegistrations(server, ['well', ...bad.map(({ id }) => id)])));
  if (hostile.some((service) => service.requests() === 0)) problems.push('a hostile service was never asked');
  return { requests: outcome.sent, statuses, problems };
}

const everything = { receive_ephemeral: true, 'org.matrix.msc3202': true, protocols: ['net'] };
const tokenOf = (id: string) => `as-token-of-${id}`;

function registrationOf(id: string, url: string, more: object): WellRegistration {
  const [users, aliases] = [[{ exclusive: true, regex: `@_${id}_.*` }], [{ exclusive: true, regex: `#_${id}_.*` }]];
  const namespaces = { users, aliases, rooms: [] };
  const tokens = { as_token: tokenOf(id), hs_token: `hs-token-of-${id}` };
  return { id, url, ...tokens, sender_localpart: `${id}bot`, rate_limited: false, namespaces, ...more };
}

async function register(server: FuzzedServer, registration: WellRegistration): Promise<void> {
  // JSON is YAML.
  await writeFile(join(server.registrationFolder, `${registration.id}.yaml`), JSON.stringify(registration));
  const endMs = performance.now() + registeredDeadlineMs;
  for (;;) {
    const path = '/_matrix/client/v3/account/whoami';
    const { status } = await request(server.url, 'GET', path, { token: registration.as_token });
    if (status === 200) return;
    if (performance.now() > endMs) throw new Error(`${registration.id} was not registered`);
    await delay(100);
  }
}

async function makeRoom(
  user: TestUser,
  server: FuzzedServer,
  services: readonly { readonly id: string; readonly as_token: string }[],
): Promise<string> {
  const body = { preset: 'public_chat' };
  const { room_id: roomId } = await user.call('POST', '/_matrix/client/v3/createRoom', body);
  for (const { as_token: token } of services) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/join`;
    await request(server.url, 'POST', path, { token, body: {} });
  }
  return roomId;
}

/** A file of its own for what is bent, so that the hostile services stay what they are. */
async function changeFile(
  server: FuzzedServer,
  random: Random,
  well: WellRegistration,
  index: number,
): Promise<undefined> {
  const number = index % filesAtOnce;
  const path = join(server.registrationFolder, `zz-bent-${number}.yaml`);
  const registration = { ...well, id: `bent${number}`, as_token: `bent-${number}` };
  if (random.chance(0.2)) await rm(path, { force: true });
  else await writeFile(path, bendRegistration(random, registration));
}

async function askWithin(url: string, method: string, token: string, body: object | undefined) {
  const signal = AbortSignal.timeout(answerDeadlineMs);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    const reply = await fetch(url, { method, headers, signal, ...json });
    return { status: reply.status, text: await reply.text() };
  } catch {
    return undefined;
  }
}
