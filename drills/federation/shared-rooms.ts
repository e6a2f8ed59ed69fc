import { setTimeout as wait } from 'node:timers/promises';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { checkDelivery } from '../checker/check-delivery.ts';
import { checkTransactions } from '../checker/check-transactions.ts';
import { type Attempt, type Observation, settleTransactions } from '../checker/history.ts';
import { type Finding, finding, noneOf } from '../drill.ts';
import { observeRoom } from '../load/read-room.ts';
import { type Load, startLoad } from '../load/send-load.ts';
import { checkSenderOrder } from './check-sender-order.ts';
import type { DrillServer, TwoServers } from './two-servers.ts';

/** Rooms in which people of both servers are, who all talk. */
export interface SharedRooms {
  readonly roomIds: readonly string[];
  /** By server, in the order of the servers: for each room those who talk there. */
  readonly speakers: readonly [readonly TestUser[], readonly TestUser[]];
}

const joinDeadlineMs = 60_000;
const pollMs = 250;
const shownProblems = 10;

/** Makes rooms in turn on one and on the other server, each with one user of both. */
export async function makeSharedRooms({ servers }: TwoServers, count: number): Promise<SharedRooms> {
  const roomIds: string[] = [];
  const speakers: [TestUser[], TestUser[]] = [[], []];
  for (let index = 0; index < count; index++) {
    const users = [await servers[0].makeUser('first'), await servers[1].makeUser('second')] as const;
    const [maker, guest] = index % 2 === 0 ? users : [users[1], users[0]];
    const body = { preset: 'public_chat', name: `Room ${index}` };
    const { room_id: roomId } = await maker.call('POST', '/_matrix/client/v3/createRoom', body);
    await joinRoom(guest, roomId, maker);
    roomIds.push(roomId);
    for (const [side, user] of users.entries()) speakers[side]?.push(user);
  }
  return { roomIds, speakers };
}

/** Joins through the server of another user, trying again as long as that fails. */
export async function joinRoom(user: TestUser, roomId: string, through: TestUser): Promise<void> {
  const via = encodeURIComponent(through.userId.slice(through.userId.indexOf(':') + 1));
  const path = `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?via=${via}&server_name=${via}`;
  let last = 'no answer';
  for (const endMs = performance.now() + joinDeadlineMs; performance.now() < endMs; await wait(pollMs)) {
    const reply = await user
      .send('POST', path, { body: {} })
      .catch((error: Error) => ({ status: 0, body: error.message }));
    if (reply.status === 200) return;
    last = `${reply.status} ${JSON.stringify(reply.body)}`;
  }
  throw new Error(`${user.userId} could not join: ${last}`);
}

/** Everybody talks, on both servers, with half of the rate each. */
export function startTalking({ servers }: TwoServers, rooms: SharedRooms, eventsPerSecond: number): [Load, Load] {
  const start = (side: 0 | 1) =>
    startLoad({
      baseUrls: [servers[side].baseUrl],
      rooms: rooms.roomIds.map((roomId, index) => ({ roomId, senders: [drillUserOf(rooms.speakers[side][index])] })),
      eventsPerSecond: eventsPerSecond / 2,
    });
  return [start(0), start(1)];
}

function drillUserOf(user: TestUser | undefined) {
  if (user === undefined) throw new Error('a room has nobody of this server');
  return { userId: user.userId, token: user.accessToken };
}

/** Waits until both servers have all that was acknowledged on either; gives how long that took, or how much is missing. */
export async function untilEverywhere(
  two: TwoServers,
  rooms: SharedRooms,
  attempts: readonly Attempt[],
  patienceMs: number,
): Promise<{ readonly tookMs: number; readonly missing: number; readonly observations: readonly Observation[] }> {
  const acknowledged = [...settleTransactions(attempts).values()].filter(({ fate }) => fate === 'acknowledged');
  const fromMs = performance.now();
  for (;;) {
    const observations = (await Promise.all(two.servers.map((server, side) => observeAll(server, rooms, side)))).flat();
    const tookMs = performance.now() - fromMs;
    const missing = observations.reduce((sum, { roomId, events }) => {
      const seen = new Set(events.map(({ body }) => body));
      return sum + acknowledged.filter((fate) => fate.roomId === roomId && !seen.has(fate.body)).length;
    }, 0);
    if (missing === 0 || tookMs > patienceMs) return { tookMs, missing, observations };
    await wait(pollMs);
  }
}

async function observeAll(server: DrillServer, rooms: SharedRooms, side: number): Promise<Observation[]> {
  const observations: Observation[] = [];
  for (const [index, roomId] of rooms.roomIds.entries()) {
    const user = drillUserOf(rooms.speakers[side]?.[index]);
    observations.push(await observeRoom(`messages on ${server.name}`, server.baseUrl, roomId, user));
  }
  return observations;
}

/** What the checker makes of it: nothing lost, nothing doubled, nobody's words in a wrong order. */
export function judgeDelivery(
  what: string,
  attempts: readonly Attempt[],
  observations: readonly Observation[],
): Finding[] {
  const fates = settleTransactions(attempts);
  const violations = [...checkTransactions(fates), ...checkDelivery({ attempts, observations }, fates)];
  const order = observations.flatMap(checkSenderOrder);
  for (const { kind, detail } of violations.slice(0, shownProblems)) console.log(`  ! ${kind}: ${detail}`);
  for (const problem of order.slice(0, shownProblems)) console.log(`  ! ${problem}`);
  const count = (...kinds: string[]) => violations.filter(({ kind }) => kinds.includes(kind)).length;
  const acknowledged = [...fates.values()].filter(({ fate }) => fate === 'acknowledged').length;
  const [lost, doubled] = [
    count('acknowledged event lost'),
    count('event seen twice', 'two events for one transaction'),
  ];
  return [
    finding(`${what}: acknowledged events`, acknowledged, 'at least 1', acknowledged > 0),
    noneOf(`${what}: lost on one of the servers`, lost),
    noneOf(`${what}: doubled`, doubled),
    noneOf(`${what}: out of their sender's order`, order.length),
    noneOf(`${what}: other violations`, violations.length - lost - doubled),
  ];
}
