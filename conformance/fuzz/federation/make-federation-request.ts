import type { Endpoint } from '@holdfast/homeserver/http/endpoint.ts';
import type { Random } from '../../simulation/random.ts';
import type { StubRoom } from '../../stub-servers/stub-room.ts';
import type { StubServer } from '../../stub-servers/stub-server.ts';
import { choose } from '../choose.ts';
import { hostileTexts, makeValue } from '../make-value.ts';
import { type BendingGround, bendEvent, makeJunk } from './bend-event.ts';
import type { Snares } from './snares.ts';

export interface FederationRequest {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

/** What requests are made of. */
export interface FederationPool {
  readonly stub: StubServer;
  readonly rooms: readonly StubRoom[];
  readonly snares: ReadonlyMap<string, Snares>;
  readonly roomIds: string[];
  readonly userIds: string[];
  readonly eventIds: string[];
}

/** Of every transaction: what a seed sends does not depend on when. */
const sentTs = 1_700_000_000_000;
const keptEventIds = 2_000;
const eduTypes = [
  ...['m.typing', 'm.receipt', 'm.presence', 'm.device_list_update', 'm.direct_to_device', 'm.signing_key_update'],
  ...['org.example.nothing', ''],
];
const versions = ['1', '6', '10', '11', '12', '13', 'org.example', '', '__proto__'];
let serial = 0;

/** One request of another server: mostly a transaction with bent events, otherwise any other operation. */
export function makeFederationRequest(
  random: Random,
  endpoints: readonly Endpoint[],
  pool: FederationPool,
): FederationRequest {
  if (random.chance(0.5)) return makeTransaction(random, pool);
  return makeCall(random, choose(random, endpoints), pool);
}

function makeTransaction(random: Random, pool: FederationPool): FederationRequest {
  const pdus = Array.from({ length: choose(random, [0, 1, 1, 2, 5, 50, 51]) }, () => makeEvent(random, pool).json);
  const edus = Array.from({ length: choose(random, [0, 0, 1, 3, 100, 101]) }, () => makeEdu(random, pool));
  const body = `{"edus":[${edus.join(',')}],"origin":"${pool.stub.name}","origin_server_ts":${sentTs},"pdus":[${pdus.join(',')}]}`;
  return {
    what: 'transaction',
    method: 'PUT',
    path: `/_matrix/federation/v1/send/${random.chance(0.9) ? `f${++serial}` : encodeURIComponent(hostile(random))}`,
    body: random.chance(0.03) ? JSON.stringify(makeJunk(random, groundOf(choose(random, pool.rooms), pool), 4)) : body,
  };
}

/** An event of one of the server's rooms; one that is as it should be becomes part of the room. */
function makeEvent(random: Random, pool: FederationPool) {
  const room = choose(random, pool.rooms);
  const draft = {
    type: random.chance(0.7) ? 'm.room.message' : 'org.example.fact',
    sender: random.chance(0.7) ? `@maker:${pool.stub.name}` : `@member-${random.integer(5)}:${pool.stub.name}`,
    content: { body: `text ${random.integer(1e9)}`, msgtype: 'm.text' },
    ...(random.chance(0.2) && { stateKey: `fact-${random.integer(3)}` }),
  };
  // Some follow an older event: the room has forks.
  const all = [...room.events.values()];
  const built = room.build(draft, pool.stub.key, random.chance(0.8) ? room.newest : [choose(random, all.slice(-20))]);
  const bent = bendEvent(random, built, groundOf(room, pool));
  if (bent.fault === undefined && random.chance(0.9)) room.keep(built);
  pool.eventIds.push(built.eventId);
  if (pool.eventIds.length > keptEventIds) pool.eventIds.splice(0, keptEventIds / 2);
  return bent;
}

function groundOf(room: StubRoom, { stub, snares, eventIds, roomIds, userIds }: FederationPool): BendingGround {
  const snareIds = snares.get(room.roomId)?.eventIds ?? [];
  return { rules: room.rules, key: stub.key, eventIds, snareIds, roomIds, userIds };
}

function makeEdu(random: Random, pool: FederationPool): string {
  const ground = groundOf(choose(random, pool.rooms), pool);
  const user = choose(random, pool.userIds);
  const likely = {
    room_id: choose(random, pool.roomIds),
    user_id: user,
    typing: true,
    sender: user,
    type: 'm.x',
    message_id: `${random.integer(20)}`,
    messages: { [choose(random, pool.userIds)]: { '*': makeJunk(random, ground, 2) } },
    push: [{ user_id: user, presence: 'online', last_active_ago: 5 }],
    device_id: choose(random, ['D', ...hostileTexts]),
    stream_id: random.integer(100),
    prev_id: [random.integer(100)],
    [choose(random, pool.roomIds)]: {
      'm.read': { [user]: { data: { ts: 1 }, event_ids: [choose(random, pool.eventIds)] } },
    },
  };
  const content = random.chance(0.6) ? likely : makeJunk(random, ground, 4);
  if (random.chance(0.3)) Object.assign(likely, { [choose(random, Object.keys(likely))]: makeJunk(random, ground, 3) });
  return JSON.stringify({ edu_type: choose(random, eduTypes), content });
}

/** Any other operation, with parameters that mean something or do not, and a body by its schema or a bent event. */
function makeCall(random: Random, endpoint: Endpoint, pool: FederationPool): FederationRequest {
  const path = endpoint.path.replace(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(makeSegment(random, name, pool)),
  );
  const properties = (endpoint.query?.['properties'] ?? {}) as Record<string, { readonly [keyword: string]: unknown }>;
  const texts = [...pool.roomIds, ...pool.userIds, ...pool.eventIds.slice(-20), ...versions];
  const query = Object.entries(properties)
    .filter(() => random.chance(0.6))
    .map(
      ([name, schema]) => `${name}=${encodeURIComponent(String(makeValue(random, schema, texts, 0.2)).toWellFormed())}`,
    );
  return {
    what: endpoint.operation,
    method: endpoint.method,
    path: query.length > 0 ? `${path}?${query.join('&')}` : path,
    body: endpoint.body || endpoint.method !== 'GET' ? makeBody(random, endpoint, pool, texts) : undefined,
  };
}

function makeBody(random: Random, endpoint: Endpoint, pool: FederationPool, texts: readonly string[]): string {
  const takesEvent = /send_|invite|exchange/.test(endpoint.path);
  if (!takesEvent || random.chance(0.2)) {
    const value = makeValue(random, endpoint.body, texts, 0.1);
    return JSON.stringify(value ?? {});
  }
  const event = makeEvent(random, pool).json;
  if (!endpoint.path.includes('invite')) return event;
  const strippedState = JSON.stringify(makeJunk(random, groundOf(choose(random, pool.rooms), pool), 4));
  return `{"event":${event},"room_version":${JSON.stringify(choose(random, versions))},"invite_room_state":${strippedState}}`;
}

function makeSegment(random: Random, name: string, pool: FederationPool): string {
  if (random.chance(0.1)) return hostile(random);
  if (/room/i.test(name)) return choose(random, pool.roomIds);
  if (/user/i.test(name)) return choose(random, pool.userIds);
  if (/event/i.test(name)) return choose(random, pool.eventIds);
  return choose(random, ['x', '1', pool.stub.name, `t${++serial}`]);
}

/** Of a length that goes into a path. */
function hostile(random: Random): string {
  return choose(random, hostileTexts).slice(0, 300).toWellFormed() || 'x';
}
