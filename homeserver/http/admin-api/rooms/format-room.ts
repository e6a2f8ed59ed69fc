import type { RoomFigures } from '../../../storage/administration/room-figures.ts';

/** What our own admin API tells of a room's state. */
export function formatFigures(figures: RoomFigures) {
  return {
    name: figures.name,
    canonical_alias: figures.canonicalAlias,
    creator: figures.creator,
    join_rule: figures.joinRule,
    history_visibility: figures.historyVisibility,
    guest_access: figures.guestAccess,
    encryption: figures.encryption,
    room_type: figures.roomType,
    is_federated: figures.isFederated,
    joined_members: figures.joined,
    joined_local_members: figures.joinedLocal,
    state_events: figures.stateEvents,
  };
}
