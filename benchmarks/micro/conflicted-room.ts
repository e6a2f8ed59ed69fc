import type { IdentifiedPdu, JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { ResolutionInput } from '@holdfast/protocol/state-resolution/resolution-input.ts';
import { type StateMap, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';

const creator = '@creator:one.example';

/**
 * A room that split in two after its beginning: on each side the same users joined by events of their own, and each
 * side changed the power levels. So every membership is conflicted.
 */
export function makeConflictedRoom(rules: RoomVersionRules, members: number): ResolutionInput {
  const room = new ConflictedRoom(rules);
  const create = room.add('create', 'm.room.create', '', creator, rules.implicitCreator ? {} : { creator }, []);
  const creatorJoin = room.add('creator', 'm.room.member', creator, creator, { membership: 'join' }, [create]);
  const levels = room.add('levels', 'm.room.power_levels', '', creator, room.levels(50), [create, creatorJoin]);
  const joinRules = room.add('rules', 'm.room.join_rules', '', creator, { join_rule: 'public' }, [
    create,
    creatorJoin,
    levels,
  ]);
  const beginning = room.stateOf([create, creatorJoin, levels, joinRules]);
  const stateSets = ['left', 'right'].map((side, index) => {
    const sideLevels = room.add(`${side}-levels`, 'm.room.power_levels', '', creator, room.levels(60 + index), [
      create,
      creatorJoin,
      levels,
    ]);
    const joins = Array.from({ length: members }, (_, member) => {
      const userId = `@user${member}:two.example`;
      const authEvents = [create, sideLevels, joinRules];
      return room.add(`${side}-${member}`, 'm.room.member', userId, userId, { membership: 'join' }, authEvents);
    });
    return new Map([...beginning, ...room.stateOf([sideLevels, ...joins])]);
  });
  return { rules, stateSets, getEvent: (eventId) => room.events.get(eventId), verifySignature: () => false };
}

class ConflictedRoom {
  readonly events = new Map<string, IdentifiedPdu>();
  readonly #rules: RoomVersionRules;
  readonly #roomId: string;

  constructor(rules: RoomVersionRules) {
    this.#rules = rules;
    this.#roomId = rules.roomIdIsCreateHash ? `!${idOf('create').slice(1)}` : '!conflicted:one.example';
  }

  add(
    name: string,
    type: string,
    stateKey: string,
    sender: string,
    content: JsonObject,
    authEvents: readonly IdentifiedPdu[],
  ): IdentifiedPdu {
    const isImplied = this.#rules.roomIdIsCreateHash;
    const auth = authEvents.filter((event) => !(isImplied && event.pdu.type === 'm.room.create'));
    const pdu: Pdu = {
      type,
      state_key: stateKey,
      sender,
      content,
      origin_server_ts: this.events.size,
      depth: this.events.size + 1,
      prev_events: [],
      auth_events: auth.map((event) => event.eventId),
    };
    if (!(isImplied && type === 'm.room.create')) pdu.room_id = this.#roomId;
    const event = { eventId: idOf(name), roomId: this.#roomId, pdu };
    this.events.set(event.eventId, event);
    return event;
  }

  /** From room version 12 on a creator is above all levels and may not be listed. */
  levels(ban: number): JsonObject {
    return this.#rules.privilegedCreators ? { users: {}, ban } : { users: { [creator]: 100 }, ban };
  }

  stateOf(events: readonly IdentifiedPdu[]): StateMap {
    return new Map(events.map((event) => [stateTuple(event.pdu.type, event.pdu.state_key ?? ''), event.eventId]));
  }
}

/** As long as a real event id. */
function idOf(name: string): string {
  return `$${name.padEnd(43, '_')}`;
}
