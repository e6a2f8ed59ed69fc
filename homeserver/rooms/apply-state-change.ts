import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { type HotRoom, membershipIn, type StateEntry } from './hot-room.ts';

/** Changes a hot room's current state as the event at `position` did. */
export function applyStateChange(
  room: HotRoom,
  change: {
    readonly type: string;
    readonly stateKey: string;
    readonly before: StateEntry | undefined;
    readonly after: StateEntry | undefined;
  },
  position: number,
): void {
  const { type, stateKey, before, after } = change;
  const tuple = stateTuple(type, stateKey);
  room.stateVersion++;
  room.changedAt = position;
  if (type === 'm.room.member') countMembership(room, stateKey, before, after);
  room.authGraph?.setCurrent(tuple, after?.eventId);
  if (after) {
    room.put(after);
    room.absent.delete(tuple);
  } else {
    room.remove(type, stateKey);
    room.absent.set(tuple, position);
  }
}

function countMembership(
  room: HotRoom,
  userId: string,
  before: StateEntry | undefined,
  after: StateEntry | undefined,
): void {
  const [from, to] = [membershipIn(before?.pdu), membershipIn(after?.pdu)];
  room.joinersHeard.delete(userId);
  if (to !== 'join') room.ownPushRules.delete(userId);
  room.counts.joined += Number(to === 'join') - Number(from === 'join');
  room.counts.invited += Number(to === 'invite') - Number(from === 'invite');
}
