import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Random } from '../../simulation/random.ts';
import type { StubRoom } from '../../stub-servers/stub-room.ts';
import type { StubServer } from '../../stub-servers/stub-server.ts';
import { choose } from '../choose.ts';
import { judgeReply } from '../judge-reply.ts';
import { type ClientReply, judgeShape } from './judge-shape.ts';

/** What clients of the server ask while another server answers with anything. */
export interface ClientGround {
  /** In the hostile server's rooms. */
  readonly member: TestUser;
  /** Comes and goes: rooms that nobody of the server is in are entered and left again. */
  readonly visitor: TestUser;
  readonly hostile: StubServer;
  /** Servers whose keys are odd. */
  readonly others: readonly StubServer[];
  readonly joinedRooms: readonly StubRoom[];
  readonly foreignRooms: readonly StubRoom[];
  /** A room of the server, with the foreign rooms as children. */
  readonly spaceId: string;
  /** False when the server has ended, which is told once. */
  isAlive(): boolean;
}

export interface ClientTraffic {
  readonly asked: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/** Of these some wait for an answer that does not come. */
const clients = 4;
/** The server's own deadlines for what it asks others are shorter. */
const answerDeadlineMs = 150_000;

/** Asks until `signal` says that it is over; who waits then is let go. */
export async function askMeanwhile(random: Random, ground: ClientGround, signal: AbortSignal): Promise<ClientTraffic> {
  const asked = new Map<string, number>();
  const problems: string[] = [];
  const client = async () => {
    while (!signal.aborted) {
      const [what, { user, method, path, body }] = makeClientRequest(random, ground);
      const reply = await send(user, method, path, body, signal);
      if (reply.status === undefined && (signal.aborted || !ground.isAlive())) break;
      asked.set(what, (asked.get(what) ?? 0) + 1);
      const problem = judgeReply(reply, false) ?? judgeShape(what, reply, body);
      if (problem) problems.push(`a client's ${what}: ${problem}\n  ${method} ${path} ${JSON.stringify(body) ?? ''}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { asked, problems };
}

interface Request {
  readonly user: TestUser;
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
}

async function send(
  user: TestUser,
  method: string,
  path: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<ClientReply> {
  try {
    const response = await fetch(user.baseUrl + path, {
      ...{ method, redirect: 'manual', headers: { authorization: `Bearer ${user.accessToken}` } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerDeadlineMs)]),
    });
    return { status: response.status, body: await response.text(), headers: response.headers };
  } catch {
    return { status: undefined, body: '', headers: new Headers() };
  }
}

const client = '/_matrix/client/v3';
const encode = encodeURIComponent;

type Make = (random: Random, ground: ClientGround, server: StubServer) => Request;

const foreign = (random: Random, { foreignRooms }: ClientGround) => choose(random, foreignRooms).roomId;
const someUser = (random: Random, server: StubServer) =>
  `@${choose(random, ['maker', 'member-1', `u${random.integer(1e6)}`])}:${server.name}`;
const someEvent = (random: Random, { events }: StubRoom) => choose(random, [...events.keys()]);

const requests: Readonly<Record<string, Make>> = {
  join: (random, ground, { name }) => ({
    ...{ user: ground.visitor, method: 'POST', body: {} },
    path: `${client}/join/${encode(foreign(random, ground))}?via=${name}&server_name=${name}`,
  }),
  'join by alias': (random, { visitor }, { name }) => ({
    ...{ user: visitor, method: 'POST', body: {}, path: `${client}/join/${encode(`#a${random.integer(9)}:${name}`)}` },
  }),
  leave: (random, ground) => ({
    ...{ user: ground.visitor, method: 'POST', body: {} },
    path: `${client}/rooms/${encode(foreign(random, ground))}/leave`,
  }),
  knock: (random, ground, { name }) => ({
    ...{ user: ground.visitor, method: 'POST', body: {} },
    path: `${client}/knock/${encode(foreign(random, ground))}?via=${name}&server_name=${name}`,
  }),
  invite: (random, { member, spaceId }, server) => ({
    ...{ user: member, method: 'POST', path: `${client}/rooms/${encode(spaceId)}/invite` },
    body: { user_id: someUser(random, server) },
  }),
  messages: (random, { member, joinedRooms }) => ({
    ...{ user: member, method: 'GET' },
    path: `${client}/rooms/${encode(choose(random, joinedRooms).roomId)}/messages?dir=b&limit=${choose(random, [1, 50])}`,
  }),
  context(random, { member, joinedRooms }) {
    const room = choose(random, joinedRooms);
    const path = `${client}/rooms/${encode(room.roomId)}/context/${encode(someEvent(random, room))}`;
    return { user: member, method: 'GET', path };
  },
  timestamp: (random, { member, joinedRooms }) => ({
    ...{ user: member, method: 'GET' },
    path: `/_matrix/client/v1/rooms/${encode(choose(random, joinedRooms).roomId)}/timestamp_to_event?dir=${choose(random, ['f', 'b'])}&ts=${random.integer(2)}`,
  }),
  alias: (random, { member }, { name }) => ({
    ...{ user: member, method: 'GET', path: `${client}/directory/room/${encode(`#a${random.integer(9)}:${name}`)}` },
  }),
  'public rooms': (random, { member }, { name }) => ({
    ...{ user: member, method: 'POST', path: `${client}/publicRooms?server=${name}` },
    body: random.chance(0.5) ? {} : { limit: 3, filter: { generic_search_term: 'a' } },
  }),
  hierarchy: (_random, { member, spaceId }) => ({
    ...{ user: member, method: 'GET', path: `/_matrix/client/v1/rooms/${encode(spaceId)}/hierarchy` },
  }),
  summary: (random, ground, { name }) => ({
    ...{ user: ground.member, method: 'GET' },
    path: `/_matrix/client/v1/room_summary/${encode(foreign(random, ground))}?via=${name}`,
  }),
  profile: (random, { member }, server) => ({
    ...{ user: member, method: 'GET', path: `${client}/profile/${encode(someUser(random, server))}` },
  }),
  'query keys': (random, { member }, server) => ({
    ...{ user: member, method: 'POST', path: `${client}/keys/query` },
    body: { device_keys: { [someUser(random, server)]: [] }, timeout: 5_000 },
  }),
  'claim keys': (random, { member }, server) => ({
    ...{ user: member, method: 'POST', path: `${client}/keys/claim` },
    body: { one_time_keys: { [someUser(random, server)]: { DEV: 'signed_curve25519' } }, timeout: 5_000 },
  }),
  file: (random, { member }, { name }) => ({
    ...{ user: member, method: 'GET' },
    path: `/_matrix/client/v1/media/download/${name}/f${random.integer(1e6)}`,
  }),
  thumbnail: (random, { member }, { name }) => ({
    ...{ user: member, method: 'GET' },
    path: `/_matrix/client/v1/media/thumbnail/${name}/f${random.integer(1e6)}?width=32&height=32`,
  }),
};

function makeClientRequest(random: Random, ground: ClientGround): [what: string, request: Request] {
  const what = choose(random, Object.keys(requests));
  const server = random.chance(0.05) ? choose(random, ground.others) : ground.hostile;
  return [what, (requests[what] as Make)(random, ground, server)];
}
