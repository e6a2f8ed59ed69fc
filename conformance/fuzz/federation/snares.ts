import { cryptoPrimitives } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import type { SigningKey } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import { type BuiltEvent, buildEvent } from '@holdfast/protocol/events/build-event.ts';
import type { EventReference } from '@holdfast/protocol/events/pdu.ts';
import type { StubRoom } from '../../stub-servers/stub-room.ts';
import type { StubHandler } from '../../stub-servers/stub-server.ts';

/** Events that lead whoever follows their references in a circle, on without an end, or a long way. */
export interface Snares {
  /** Ids to refer to. */
  readonly eventIds: readonly string[];
  /** Whole events, to be put among others. */
  readonly pduJsons: readonly string[];
}

const endlessId = /^\$endless-(\d+)-/;
/** The links of the chain in one version's room are more than an event may need in a sound room. */
const longestChain = 1_500;
const longestVersion = '10';
const longChain = 60;

/**
 * Lays snares in a room: its server knows them, but they are no part of it. Where the server chooses the ids of events, two
 * events allow each other, two come after each other, and one is allowed by another for ever (`serveEndless`). In all versions
 * there is a long chain of membership events, each allowed by the one before.
 */
export function laySnares(room: StubRoom, key: SigningKey): Snares {
  const laid: BuiltEvent[] = [];
  const endless: string[] = [];
  const lay = (given: SnareDraft) => {
    const event = buildSnare(room, key, given);
    room.events.set(event.eventId, event);
    laid.push(event);
    return event;
  };
  if (room.rules.eventIds === 'server') {
    const id = (name: string) => `$${name}-${room.roomId.slice(1)}`;
    lay({ eventId: id('round-1'), auth: [namedReference(id('round-2'))] });
    lay({ eventId: id('round-2'), auth: [namedReference(id('round-1'))] });
    lay({ eventId: id('self'), auth: [namedReference(id('self'))], prev: [namedReference(id('self'))] });
    lay({ eventId: id('back-1'), prev: [namedReference(id('back-2'))] });
    lay({ eventId: id('back-2'), prev: [namedReference(id('back-1'))] });
    endless.push(`$endless-1-${room.roomId.slice(1)}`);
  }
  let last = room.state.get(`m.room.member\u0000@maker:${key.name}`);
  const base = [...room.state.values()].filter(({ pdu }) => /create|power/.test(pdu.type)).map((e) => room.refer(e));
  const links = room.rules.id === longestVersion ? longestChain : longChain;
  for (let link = 0; last !== undefined && link < links; link++) {
    last = lay({
      eventId: `$long-${link}-${room.roomId.slice(1)}`,
      auth: [...base, room.refer(last)],
      text: `${link}`,
    });
  }
  // Of the long chain its end is enough, and something of its middle.
  const chosen = [...laid.slice(0, 5), laid.at(-1), laid.at(-links / 2)].filter((event) => event !== undefined);
  return {
    eventIds: [...chosen.map(({ eventId }) => eventId), ...endless],
    pduJsons: chosen.map(({ pduJson }) => pduJson),
  };
}

/** Makes up each event of the chain without an end when it is asked for: it is allowed by the next one. */
export function serveEndless(rooms: readonly StubRoom[], key: SigningKey): StubHandler {
  return ({ path }) => {
    const [, eventId = ''] = /^\/_matrix\/federation\/v1\/event\/([^?]*)/.exec(path) ?? [];
    const id = decodeURIComponent(eventId);
    const [start, number] = endlessId.exec(id) ?? [];
    const room = start && rooms.find(({ roomId }) => roomId.slice(1) === id.slice(start.length));
    if (!room) return undefined;
    const next = id.replace(endlessId, `$endless-${Number(number) + 1}-`);
    const { pduJson } = buildSnare(room, key, { eventId: id, auth: [namedReference(next)] });
    return { body: `{"origin":"${key.name}","origin_server_ts":1,"pdus":[${pduJson}]}` };
  };
}

interface SnareDraft {
  readonly eventId: string;
  readonly auth?: readonly EventReference[];
  readonly prev?: readonly EventReference[];
  readonly text?: string;
}

function buildSnare(room: StubRoom, key: SigningKey, { eventId, auth, prev, text = '' }: SnareDraft): BuiltEvent {
  const maker = `@maker:${key.name}`;
  const first = [...room.events.values()].slice(0, 5).at(-1);
  const built = buildEvent(
    {
      ...{ type: 'm.room.member', sender: maker, stateKey: maker, roomId: room.roomId, originServerTs: 1, eventId },
      ...{ content: { membership: 'join', displayname: text }, depth: 7 },
      prevEvents: prev ?? (first ? [room.refer(first)] : []),
      authEvents: auth ?? [],
    },
    room.rules,
    key,
    cryptoPrimitives,
  );
  if (built === undefined) throw new Error('a snare could not be built');
  return built;
}

function namedReference(eventId: string): EventReference {
  return [eventId, { sha256: 'A'.repeat(43) }];
}
