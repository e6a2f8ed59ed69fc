import type { ServerResponse } from 'node:http';
import { roomVersionRules, supportedRoomVersions } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Random } from '../../simulation/random.ts';
import { serveRoom } from '../../stub-servers/serve-room.ts';
import { makeStubRoom, type StubRoom } from '../../stub-servers/stub-room.ts';
import {
  type StubHandler,
  type StubServer,
  type StubSetting,
  startStubServer,
} from '../../stub-servers/stub-server.ts';
import { choose } from '../choose.ts';

export interface HostileServer {
  readonly stub: StubServer;
  /** A room of every version, made by this server. */
  readonly rooms: readonly StubRoom[];
  /** From now on what it is asked is often answered with anything. */
  turnHostile(): void;
}

const membersEach = 5;
const endlessBytes = 64 * 1024 * 1024;

/** Starts a server that behaves until the rooms are joined, and then answers as it likes. */
export async function startHostileServer(setting: StubSetting, random: Random): Promise<HostileServer> {
  const stub = await startStubServer(setting);
  const rooms = supportedRoomVersions().map((version) => {
    const rules = roomVersionRules(version);
    if (rules === undefined) throw new Error(`no room version ${version}`);
    return makeStubRoom(rules, [stub.key], { members: membersEach, otherState: 2, name: `room-${version}` });
  });
  let isHostile = false;
  const disturb: StubHandler = ({ path }) => {
    if (!isHostile || !path.startsWith('/_matrix/federation/') || random.chance(0.5)) return undefined;
    return choose(random, disturbances)(random, rooms);
  };
  stub.handlers.push(
    disturb,
    ...rooms.map((room) => serveRoom(room, stub.name, { partialState: false })),
    ({ path }) => (path.startsWith('/_matrix/federation/v1/send/') ? { body: { pdus: {} } } : undefined),
  );
  return { stub, rooms, turnHostile: () => void (isHostile = true) };
}

type Disturbance = (random: Random, rooms: readonly StubRoom[]) => Awaited<ReturnType<StubHandler>>;

const disturbances: readonly Disturbance[] = [
  () => ({ body: '' }),
  () => ({ body: '[]' }),
  () => ({ body: '{' }),
  () => ({ body: {} }),
  () => ({ status: 500, body: { errcode: 'M_UNKNOWN', error: 'no' } }),
  () => ({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', error: 'no', retry_after_ms: 1e15 } }),
  () => ({ status: 302, body: {} }),
  () => ({
    body: { events: [1, null, 'x'], pdus: [[], {}], auth_chain: {}, state: 5, pdu_ids: ['$x'], auth_chain_ids: 7 },
  }),
  // Events of some other room, or of no order.
  (random, rooms) => {
    const texts = random.shuffle(choose(random, rooms).events.values()).map(({ pduJson }) => pduJson);
    const list = `[${texts.join(',')}]`;
    return { body: `{"events":${list},"pdus":${list},"auth_chain":${list},"state":${list}}` };
  },
  // Ids that nobody knows, thousands of them.
  (random) => {
    const ids = Array.from({ length: 3_000 }, (_, index) => `$${random.integer(1e9)}-${index}`);
    return { body: { pdu_ids: ids, auth_chain_ids: ids } };
  },
  () => ({ act: sendForEver }),
  // Hangs: whoever asked has a deadline.
  () => ({ act: () => {} }),
];

function sendForEver(response: ServerResponse): void {
  let sentBytes = 0;
  const piece = Buffer.alloc(64 * 1024, ' ');
  response.writeHead(200, { 'content-type': 'application/json' });
  const sendMore = () => {
    while (sentBytes < endlessBytes && !response.destroyed) {
      sentBytes += piece.length;
      if (response.write(piece)) continue;
      response.once('drain', sendMore);
      return;
    }
    response.destroy();
  };
  sendMore();
}
