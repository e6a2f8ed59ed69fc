import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { internNames } from '../../storage/names/intern-names.ts';
import { membershipCode } from '../../storage/rooms/membership-codes.ts';
import { stateFromTheBeginning } from '../../storage/rooms/read-state.ts';
import { insertStateBeginning } from '../../storage/rooms/write-state-beginnings.ts';
import { membershipIn } from '../hot-room.ts';
import type { KnownEvent } from '../known-events.ts';
import { loadMembers } from '../load-hot-room.ts';
import type { ParsedEvent } from '../received-event.ts';
import type { RoomReceiver } from '../room-receiver.ts';
import { type Overrides, overrideWith } from '../state-overrides.ts';

/**
 * In a room of which most members are not known yet, events are judged by the members that they themselves name among
 * their auth events: those become part of the room's state, as far as it has nothing else about the user. They are put
 * right when all members are known. Call it before events are judged, with what they refer to loaded.
 * https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3902-faster-remote-joins.md
 */
export async function adoptMembers(receiver: RoomReceiver, events: readonly ParsedEvent[]): Promise<void> {
  const { shard, room } = receiver;
  const candidates = new Map<string, KnownEvent>();
  for (const { authEventIds } of events) {
    for (const eventId of authEventIds) {
      const known = receiver.known(eventId);
      if (!known || known.isRejected || known.event.pdu.type !== 'm.room.member') continue;
      candidates.set(known.event.pdu.state_key ?? '', known);
    }
  }
  const from = stateFromTheBeginning;
  const names = await internNames(shard.context, ['m.room.member', ...candidates.keys()]);
  for (const [userId, { event, position }] of candidates) {
    if (!room.isMemberLoaded(userId) || room.get('m.room.member', userId)) continue;
    room.put({ ...event, position, since: from });
    const membership = membershipIn(event.pdu);
    room.counts.joined += Number(membership === 'join');
    room.counts.invited += Number(membership === 'invite');
    const [type, stateKey] = ['m.room.member', userId].map((name) => names.get(name) ?? 0);
    const span = { shard: shard.id, room: room.name.id, type: type ?? 0, stateKey: stateKey ?? 0 };
    receiver.alsoWrite([
      insertStateBeginning({ ...span, membership: membershipCode(membership) }, position, { from, to: null }),
    ]);
  }
  // Before what these events change about the same members: a span is closed by its start, so it has to be there.
  receiver.flush();
}

/**
 * The state before an event with the members that it names itself in place of what is known of them, for a room of which
 * most members are not known yet: a member event that was accepted there may be one that nobody else accepts. Resolved
 * with the state before, it is what decides until all members are known. Undefined where it names none but those.
 */
export async function namedMembers(
  receiver: RoomReceiver,
  event: ParsedEvent,
  before: Overrides,
): Promise<Overrides | undefined> {
  const { shard, room } = receiver;
  const named = event.authEventIds.flatMap((eventId) => {
    const known = receiver.known(eventId);
    return known && !known.isRejected && known.event.pdu.type === 'm.room.member' ? known : [];
  });
  await loadMembers(
    shard.context,
    room,
    named.map(({ event: { pdu } }) => pdu.state_key ?? ''),
  );
  let overrides: Overrides | undefined;
  for (const { event: member, position } of named) {
    const { eventId, pdu } = member;
    const stateKey = pdu.state_key ?? '';
    const own = { type: 'm.room.member', stateKey, event: { eventId, position } };
    const there = before.get(stateTuple(own.type, stateKey));
    const current = room.get(own.type, stateKey);
    if ((there ? there.event?.eventId : current?.eventId) === eventId) continue;
    overrides = overrideWith(overrides ?? before, own, current);
  }
  return overrides;
}
