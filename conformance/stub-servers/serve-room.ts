import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import { type JsonObject, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { type StubRoom, tuple } from './stub-room.ts';
import type { StubHandler, StubReply, StubRequest } from './stub-server.ts';

/** Counts by operation, such as `send_join`. */
export type ServedCounts = Map<string, number>;

/**
 * Answers for a room what a resident server answers: join, state, events, history. Without partial state unless
 * `partialState`, so that who joins gets all of it in one reply.
 */
export function serveRoom(
  room: StubRoom,
  serverName: string,
  options: { readonly partialState: boolean; readonly counts?: ServedCounts },
): StubHandler {
  const whole = once(() => joinReply(room, serverName, false));
  const partial = once(() => joinReply(room, serverName, true));
  const operations: Readonly<Record<string, (request: StubRequest, rest: string[]) => StubReply | undefined>> = {
    make_join: (_request, [, userId = '']) => ({ body: draftJoin(room, userId) }),
    send_join(request, [, eventId = '']) {
      const pdu = JSON.parse(request.text) as BuiltEvent['pdu'];
      const omits = options.partialState && request.path.includes('omit_members=true');
      const reply = (omits ? partial() : whole()).replace('"event":{}', () => `"event":${request.text}`);
      room.keep({ pdu, eventId, roomId: room.roomId, pduJson: request.text, contentJson: JSON.stringify(pdu.content) });
      return { body: reply };
    },
    state: () => ({ body: `{"auth_chain":[],"pdus":[${texts(room.state.values())}]}` }),
    state_ids: () => ({
      body: { auth_chain_ids: [], pdu_ids: [...room.state.values()].map(({ eventId }) => eventId) },
    }),
    event(_request, [eventId = '']) {
      const event = room.events.get(eventId);
      if (event === undefined) return notFound;
      return { body: `{"origin":"${serverName}","origin_server_ts":1,"pdus":[${event.pduJson}]}` };
    },
    event_auth: (_request, [, eventId = '']) => ({ body: `{"auth_chain":[${texts(authChainOf(room, eventId))}]}` }),
    backfill(request) {
      const query = new URL(request.path, 'https://stub').searchParams;
      const events = before(room, query.getAll('v'), Number(query.get('limit') ?? 100));
      return { body: `{"origin":"${serverName}","origin_server_ts":1,"pdus":[${texts(events)}]}` };
    },
    get_missing_events(request) {
      const { latest_events: latest, limit } = JSON.parse(request.text) as { latest_events: string[]; limit?: number };
      const events = before(room, latest, (limit ?? 10) + latest.length).filter(
        ({ eventId }) => !latest.includes(eventId),
      );
      return { body: `{"events":[${texts(events.toReversed())}]}` };
    },
  };
  return (request) => {
    const [path = ''] = request.path.split('?');
    const [, , area, , operation = '', ...rest] = path.split('/').map(decodeURIComponent);
    if (area !== 'federation' || !Object.hasOwn(operations, operation)) return undefined;
    if (operation !== 'event' && rest[0] !== room.roomId) return undefined;
    options.counts?.set(operation, (options.counts.get(operation) ?? 0) + 1);
    return operations[operation]?.(request, rest);
  };
}

const notFound: StubReply = { status: 404, body: { errcode: 'M_NOT_FOUND', error: 'no such event' } };

function texts(events: Iterable<BuiltEvent>): string {
  return [...events].map(({ pduJson }) => pduJson).join(',');
}

function draftJoin(room: StubRoom, userId: string): JsonObject {
  const references = (events: readonly (BuiltEvent | undefined)[]) =>
    events.flatMap((event) => (event === undefined ? [] : [room.refer(event)]));
  const auth = [
    ['m.room.create', ''],
    ['m.room.power_levels', ''],
    ['m.room.join_rules', ''],
    ['m.room.member', userId],
  ];
  const wanted = room.rules.roomIdIsCreateHash ? auth.slice(1) : auth;
  return {
    room_version: room.rules.id,
    event: {
      type: 'm.room.member',
      room_id: room.roomId,
      sender: userId,
      state_key: userId,
      content: { membership: 'join' },
      depth: room.depth + 1,
      origin_server_ts: 1,
      prev_events: references(room.newest),
      auth_events: references(wanted.map(([type = '', key = '']) => room.state.get(tuple(type, key)))),
    },
  };
}

function joinReply(room: StubRoom, serverName: string, omitMembers: boolean): string {
  const state = [...room.state.values()].filter(({ pdu }) => !omitMembers || pdu.type !== 'm.room.member');
  const auth = new Set<BuiltEvent>();
  for (const event of state) for (const found of authChainOf(room, event.eventId)) auth.add(found);
  // What is part of the state need not come twice.
  const chain = omitMembers ? [...auth].filter((event) => !state.includes(event)) : [];
  const servers = omitMembers
    ? [...new Set([...room.state.values()].map(({ pdu }) => serverOf(pdu.sender)))]
    : undefined;
  return (
    `{"origin":"${serverName}","members_omitted":${omitMembers},"event":{},"state":[${texts(state)}],` +
    `"auth_chain":[${texts(chain)}]${servers === undefined ? '' : `,"servers_in_room":${JSON.stringify(servers)}`}}`
  );
}

function serverOf(userId: string): string {
  return userId.slice(userId.indexOf(':') + 1);
}

function authChainOf(room: StubRoom, eventId: string): Set<BuiltEvent> {
  const chain = new Set<BuiltEvent>();
  const left = [room.events.get(eventId)];
  for (let event = left.pop(); event !== undefined; event = left.pop()) {
    for (const reference of event.pdu.auth_events) {
      const found = room.events.get(referencedEventId(reference));
      if (found === undefined || chain.has(found)) continue;
      chain.add(found);
      left.push(found);
    }
  }
  return chain;
}

/** The given events and those before them, newest first. */
function before(room: StubRoom, eventIds: readonly string[], limit: number): BuiltEvent[] {
  const found: BuiltEvent[] = [];
  const seen = new Set<string>();
  const left = [...eventIds];
  for (let id = left.shift(); id !== undefined && found.length < limit; id = left.shift()) {
    const event = room.events.get(id);
    if (event === undefined || seen.has(id)) continue;
    seen.add(id);
    found.push(event);
    left.push(...event.pdu.prev_events.map(referencedEventId));
  }
  return found;
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}
