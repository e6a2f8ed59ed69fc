import { roomVersionRules, supportedRoomVersions } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Random } from '../../simulation/random.ts';
import { serveRoom } from '../../stub-servers/serve-room.ts';
import { makeStubRoom, type StubRoom } from '../../stub-servers/stub-room.ts';
import {
  type StubHandler,
  type StubReply,
  type StubRequest,
  type StubServer,
  type StubSetting,
  startStubServer,
} from '../../stub-servers/stub-server.ts';
import { answerAsks, makeOddFile } from './answer-asks.ts';
import { type AnswerGround, bendAnswer, makeNonsense } from './bend-answer.ts';
import { laySnares, type Snares, serveEndless } from './snares.ts';

export interface HostileServer {
  readonly stub: StubServer;
  /** A room of every version, made by this server; the server that is attacked is to be in them. */
  readonly rooms: readonly StubRoom[];
  /** As many, in which nobody of the server that is attacked is at first; some can only be knocked at. */
  readonly foreignRooms: readonly StubRoom[];
  /** By room id. */
  readonly snares: ReadonlyMap<string, Snares>;
  /** What answers are bent with. */
  readonly ground: AnswerGround;
  /** How often it was asked for what, by the second part of the path. */
  readonly asked: ReadonlyMap<string, number>;
  /** From now on what it is asked is often answered with anything. */
  turnHostile(): void;
}

const membersEach = 5;

/** Starts a server that behaves until the rooms are joined, and then answers as it likes. */
export async function startHostileServer(setting: StubSetting, random: Random): Promise<HostileServer> {
  const stub = await startStubServer(setting);
  const rooms = makeRooms(stub, 'room');
  const foreignRooms = makeRooms(stub, 'foreign');
  for (const room of foreignRooms) if (room.rules.knocking && random.chance(0.3)) allowKnocks(room, stub);
  const all = [...rooms, ...foreignRooms];
  const snares = new Map(all.map((room) => [room.roomId, laySnares(room, stub.key)]));
  const userIds = [`@maker:${stub.name}`, '@ann:else.example'];
  const eventIds = all.flatMap(({ events }) => [...events.keys()].slice(0, 20));
  const roomIds = all.map(({ roomId }) => roomId);
  const bending = ({ rules, roomId }: StubRoom) => {
    const snareIds = snares.get(roomId)?.eventIds ?? [];
    return { rules, key: stub.key, eventIds, snareIds, roomIds, userIds };
  };
  const ground: AnswerGround = { rooms: all, snares, bending };
  const honest: readonly StubHandler[] = [
    serveEndless(all, stub.key),
    ...all.map((room) => serveRoom(room, stub.name, { partialState: false })),
    answerAsks(all, stub.key),
    ({ path }) => (path.startsWith('/_matrix/federation/v1/send/') ? { body: { pdus: {} } } : undefined),
  ];
  const asked = new Map<string, number>();
  let isHostile = false;
  stub.handlers.push(async (request) => {
    if (!/^\/_matrix\/(federation|media)\//.test(request.path)) return undefined;
    const operation = nameOperation(request.path);
    asked.set(operation, (asked.get(operation) ?? 0) + 1);
    if (!isHostile || random.chance(0.5)) return await answerHonestly(honest, request);
    if (operation === 'media' && random.chance(0.6)) return makeOddFile(random, stub.name);
    if (random.chance(0.4)) return makeNonsense(random, ground);
    const reply = await answerHonestly(honest, request);
    return reply && bendAnswer(random, reply, ground);
  });
  const turnHostile = () => void (isHostile = true);
  return { stub, rooms, foreignRooms, snares, ground, asked, turnHostile };
}

async function answerHonestly(handlers: readonly StubHandler[], request: StubRequest): Promise<StubReply | undefined> {
  for (const handler of handlers) {
    const reply = await handler(request);
    // Each room knows its own events only.
    if (reply !== undefined && !('status' in reply && reply.status === 404)) return reply;
  }
  return undefined;
}

function makeRooms(stub: StubServer, name: string): StubRoom[] {
  return supportedRoomVersions().map((version) => {
    const rules = roomVersionRules(version);
    if (rules === undefined) throw new Error(`no room version ${version}`);
    return makeStubRoom(rules, [stub.key], { members: membersEach, otherState: 2, name: `${name}-${version}` });
  });
}

function allowKnocks(room: StubRoom, { key }: StubServer): void {
  const sender = `@maker:${key.name}`;
  room.append({ type: 'm.room.join_rules', sender, stateKey: '', content: { join_rule: 'knock' } }, key);
}

/** Such as `send_join`, `query/directory` or `user/keys`. */
function nameOperation(path: string): string {
  const [, , area = '', , operation = '', more = ''] = path.replace(/\?.*/s, '').split('/');
  if (area === 'media') return area;
  return operation === 'query' || operation === 'user' ? `${operation}/${more}` : operation;
}
