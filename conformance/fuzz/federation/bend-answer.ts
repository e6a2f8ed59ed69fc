import type { ServerResponse } from 'node:http';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Random } from '../../simulation/random.ts';
import type { StubRoom } from '../../stub-servers/stub-room.ts';
import type { StubReply } from '../../stub-servers/stub-server.ts';
import { choose } from '../choose.ts';
import { type BendingGround, makeJunk } from './bend-event.ts';
import type { Snares } from './snares.ts';

export interface AnswerGround {
  readonly rooms: readonly StubRoom[];
  /** By room id. */
  readonly snares: ReadonlyMap<string, Snares>;
  readonly bending: (room: StubRoom) => BendingGround;
}

const endlessBytes = 64 * 1024 * 1024;
const tricklePieceMs = 1_000;
const deepest = 6;

/** An answer that is nothing of what was asked for, or that comes for ever, bit by bit or never. */
export function makeNonsense(random: Random, ground: AnswerGround): StubReply {
  if (random.chance(0.08)) return { act: breakOff };
  // What hangs costs who asks its deadline: if it were more, hardly anything else would be tried.
  if (random.chance(0.08)) return { act: choose(random, [sendForEver, trickle, () => {}]) };
  return choose(random, nonsense)(random, ground);
}

const nonsense: readonly ((random: Random, ground: AnswerGround) => StubReply)[] = [
  () => ({ body: '' }),
  () => ({ body: '[]' }),
  () => ({ body: '{' }),
  () => ({ body: {} }),
  () => ({ body: '['.repeat(200_000) }),
  () => ({ body: '{"__proto__":{"body":1},"a":1,"a":"\\ud800"}' }),
  () => ({ status: 500, body: { errcode: 'M_UNKNOWN', error: 'no' } }),
  () => ({ status: 400, body: { errcode: 7, error: ['no'] } }),
  () => ({ status: 403, body: { errcode: 'M_FORBIDDEN\u0000', error: 'x'.repeat(100_000) } }),
  () => ({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', error: 'no', retry_after_ms: 1e15 } }),
  () => ({ status: 302, body: {} }),
  () => ({ status: 200, body: { errcode: 'M_NOT_FOUND' } }),
  () => ({
    body: { events: [1, null, 'x'], pdus: [[], {}], auth_chain: {}, state: 5, pdu_ids: ['$x'], auth_chain_ids: 7 },
  }),
  // Events of some other room, or of no order.
  (random, { rooms }) => {
    const events = random.shuffle(choose(random, rooms).events.values()).slice(0, 500);
    return listEverywhere(events.map(({ pduJson }) => pduJson));
  },
  // Ids that nobody knows, thousands of them.
  (random) => {
    const ids = Array.from({ length: 3_000 }, (_, index) => `$${random.integer(1e9)}-${index}`);
    return { body: { pdu_ids: ids, auth_chain_ids: ids } };
  },
  (random, ground) => listEverywhere(random.shuffle(snaresOf(random, ground).pduJsons)),
  (random, ground) => {
    const eventIds = [...snaresOf(random, ground).eventIds];
    return { body: { pdu_ids: eventIds, auth_chain_ids: eventIds } };
  },
];

function snaresOf(random: Random, { rooms, snares }: AnswerGround): Snares {
  return snares.get(choose(random, rooms).roomId) ?? { eventIds: [], pduJsons: [] };
}

function listEverywhere(pduJsons: readonly string[]): StubReply {
  const list = `[${pduJsons.join(',')}]`;
  return { body: `{"events":${list},"pdus":${list},"auth_chain":${list},"state":${list}}` };
}

/** The right answer with something in it changed, left out, doubled or added. */
export function bendAnswer(random: Random, reply: StubReply, ground: AnswerGround): StubReply {
  if ('act' in reply) return reply;
  const body: JsonValue = typeof reply.body === 'string' ? JSON.parse(reply.body) : structuredClone(reply.body);
  for (let count = 1 + random.integer(3); count > 0; count--) bendSomewhere(random, body, ground);
  return { ...reply, body: JSON.stringify(body) };
}

type Container = Record<string, JsonValue> | JsonValue[];

function bendSomewhere(random: Random, body: JsonValue, ground: AnswerGround): void {
  const room = choose(random, ground.rooms);
  const junk = () => makeJunk(random, ground.bending(room), 3);
  let place = body as Container;
  if (typeof place !== 'object' || place === null) return;
  for (let depth = 0; depth < deepest; depth++) {
    const keys = Object.keys(place);
    const key = random.pick(keys);
    if (key === undefined || random.chance(0.1)) break;
    const inner = (place as Record<string, JsonValue>)[key];
    if (typeof inner === 'object' && inner !== null && random.chance(0.7)) {
      place = inner as Container;
      continue;
    }
    if (random.chance(0.3)) delete (place as Record<string, JsonValue>)[key];
    else (place as Record<string, JsonValue>)[key] = junk();
    return;
  }
  if (!Array.isArray(place)) place[choose(random, oddNames)] = junk();
  else if (random.chance(0.5))
    place.push(...snaresOf(random, ground).pduJsons.map((text) => JSON.parse(text) as JsonObject));
  else place.push(...structuredClone(place.slice(0, 50)), junk());
}

const oddNames = ['__proto__', 'constructor', '', 'room_id', 'event', 'state', 'errcode', 'membership', 'user_id'];

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

/** Ends in the midst of what it announced. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
  response.write('{"a":', () => response.destroy());
}

/** A byte now and then, so that the connection is never silent. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), tricklePieceMs);
  response.once('close', () => clearInterval(timer));
}
