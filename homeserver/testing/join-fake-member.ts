import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import { receiveEvents } from '../rooms/receive-events.ts';
import { readExtremityIds } from '../storage/federation/read-waiting-events.ts';
import { findRoom, rulesOfRoom } from '../storage/names/room-names.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { makeFakeEvent } from './fake-events.ts';
import type { FakeServer } from './start-fake-server.ts';

export interface FakeMemberEvent {
  readonly type?: string;
  readonly stateKey?: string;
  readonly content?: JsonObject;
  /** Ids of the events that it comes after; absent: those that the homeserver has as its newest. */
  readonly prevEventIds?: readonly string[];
  /** Absent: as the rules want it. */
  readonly authEventIds?: readonly string[];
  readonly depth?: number;
}

/** A user of a fake server who is in a homeserver's room, and sees it through the homeserver's tables. */
export interface FakeMember {
  readonly userId: string;
  readonly roomId: string;
  readonly rules: RoomVersionRules;
  /** An event of the user; not sent yet. */
  make(event: FakeMemberEvent): Promise<BuiltEvent>;
  /** A message of the user; not sent yet. */
  say(text: string, event?: FakeMemberEvent): Promise<BuiltEvent>;
}

/** Joins a user of a fake server to a public room of a homeserver, as if it had come through a transaction. */
export async function joinFakeMember(context: Context, server: FakeServer, roomId: string): Promise<FakeMember> {
  const room = await findRoom(context, roomId);
  if (!room) throw new Error('no such room');
  const rules = rulesOfRoom(room);
  const userId = `@user:${server.serverName}`;
  const make = async (event: FakeMemberEvent): Promise<BuiltEvent> => {
    const { type = 'm.room.message', stateKey, content = {} } = event;
    const drafted = { type, sender: userId, content, ...(stateKey !== undefined && { state_key: stateKey }) };
    const keys = selectAuthEvents(rules, drafted);
    const authEvents = event.authEventIds ?? (await readState(context, room, { keys })).map(({ eventId }) => eventId);
    const prevEventIds = event.prevEventIds ?? (await readExtremityIds(context, room, 20));
    const prev = await readEventsById(context, prevEventIds);
    const depth = Math.max(0, ...[...prev.values()].map(({ pdu }) => pdu.depth)) + 1;
    return makeFakeEvent(server, rules, {
      ...{ roomId, type, content, sender: userId, depth: event.depth ?? depth },
      ...(stateKey !== undefined && { stateKey }),
      prevEvents: [...prevEventIds],
      authEvents: [...authEvents],
    });
  };
  const join = await make({ type: 'm.room.member', stateKey: userId, content: { membership: 'join' } });
  const [outcome] = await receiveEvents(context, {
    roomId,
    origin: server.serverName,
    events: [{ ...join, isRelayed: true }],
  });
  if (outcome?.outcome !== 'accepted') throw new Error(`the join was not accepted: ${JSON.stringify(outcome)}`);
  return {
    ...{ userId, roomId, rules, make },
    say: (text, event = {}) => make({ ...event, content: { msgtype: 'm.text', body: text } }),
  };
}
