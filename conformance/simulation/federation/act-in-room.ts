import type { TestReply, TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Random } from '../random.ts';
import type { SimulatedServer } from './simulated-servers.ts';

/** A room of a seed, with what its users were told. */
export interface SimulatedRoom {
  readonly roomId: string;
  /** Events whose senders were told that they are sent. */
  readonly told: Set<string>;
  /** That have somebody in it, and know it. */
  readonly servers: SimulatedServer[];
}

let transactions = 0;

/** One thing that somebody does in a room; being refused is as good as having done it. */
export async function actInRoom(random: Random, room: SimulatedRoom): Promise<void> {
  const server = random.pick(room.servers) as SimulatedServer;
  const guest = random.pick(server.guests) as TestUser;
  const anyGuest = random.pick(room.servers.flatMap(({ guests }) => guests)) as TestUser;
  const { resident } = server;
  const choice = random.integer(100);
  if (choice < 45) await say(room, random.chance(0.5) ? resident : guest, `message ${choice}`);
  else if (choice < 55) await setState(room, resident, 'm.room.topic', { topic: `topic ${random.integer(1000)}` });
  else if (choice < 62) await setState(room, guest, 'm.room.name', { name: `name ${random.integer(1000)}` });
  else if (choice < 72) await changePowers(random, room, resident, anyGuest);
  else if (choice < 82) await judgeGuest(random, room, resident, anyGuest);
  else if (choice < 92) await comeOrGo(random, room, guest);
  else await redact(random, room, resident);
}

export async function say(room: SimulatedRoom, user: TestUser, body: string): Promise<void> {
  const path = roomPath(room, `/send/m.room.message/simulated-${transactions++}`);
  note(room, await user.send('PUT', path, { body: { msgtype: 'm.text', body } }));
}

async function setState(room: SimulatedRoom, user: TestUser, type: string, content: object): Promise<void> {
  note(room, await user.send('PUT', roomPath(room, `/state/${type}/`), { body: content }));
}

/** Guests' levels only: residents must be able to go on. */
async function changePowers(random: Random, room: SimulatedRoom, resident: TestUser, guest: TestUser): Promise<void> {
  const { status, body } = await resident.send('GET', roomPath(room, '/state/m.room.power_levels/'));
  if (status !== 200) return;
  const level = random.pick([0, 10, 50]) as number;
  const changed = random.chance(0.7)
    ? { users: { ...body.users, [guest.userId]: level } }
    : { events: { ...body.events, 'm.room.topic': level } };
  await setState(room, resident, 'm.room.power_levels', { ...body, ...changed });
}

async function judgeGuest(random: Random, room: SimulatedRoom, resident: TestUser, guest: TestUser): Promise<void> {
  const action = random.pick(['ban', 'unban', 'kick', 'invite']) as string;
  await resident.send('POST', roomPath(room, `/${action}`), { body: { user_id: guest.userId } });
}

async function comeOrGo(random: Random, room: SimulatedRoom, guest: TestUser): Promise<void> {
  if (random.chance(0.4)) {
    await guest.send('POST', roomPath(room, '/leave'), { body: {} });
    return;
  }
  await guest.send('POST', `/_matrix/client/v3/join/${encodeURIComponent(room.roomId)}`, { body: {} });
}

async function redact(random: Random, room: SimulatedRoom, resident: TestUser): Promise<void> {
  const target = random.pick([...room.told]);
  if (target === undefined) return;
  const path = roomPath(room, `/redact/${encodeURIComponent(target)}/simulated-${transactions++}`);
  note(room, await resident.send('PUT', path, { body: {} }));
}

export function roomPath({ roomId }: Pick<SimulatedRoom, 'roomId'>, rest: string): string {
  return `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}${rest}`;
}

function note(room: SimulatedRoom, { status, body }: TestReply): void {
  if (status === 200 && typeof body.event_id === 'string') room.told.add(body.event_id);
  else if (status === 500) throw new Error(`a server answered 500: ${JSON.stringify(body)}`);
}
