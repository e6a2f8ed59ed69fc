import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { setRoomBlocked } from '../../../administration/rooms/block-room.ts';
import { describeRoom, requireRoom } from '../../../administration/rooms/describe-room.ts';
import { readBlockedRoom } from '../../../storage/administration/read-blocked-rooms.ts';
import { type ListedRoom, readRoomList } from '../../../storage/administration/read-room-list.ts';
import { readRoomMembers } from '../../../storage/administration/read-room-members.ts';
import { readState } from '../../../storage/rooms/read-state.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { directedPageParameters } from './page-parameters.ts';

const base = '/_synapse/admin/v1/rooms';

/** What other servers sort by, and what it is here. */
const orders = {
  name: 'name',
  alphabetical: 'name',
  canonical_alias: 'alias',
  joined_members: 'joined',
  size: 'joined',
  joined_local_members: 'joined_local',
  version: 'version',
  creator: 'creator',
  encryption: 'encryption',
  federatable: 'federated',
  public: 'published',
  join_rules: 'join_rule',
  guest_access: 'guest_access',
  history_visibility: 'history_visibility',
  state_events: 'state_events',
} as const;
/** These begin with the largest. */
const largestFirst = new Set(['joined_members', 'size', 'joined_local_members', 'version', 'state_events']);

/**
 * The rooms that are known here. https://element-hq.github.io/synapse/latest/admin_api/rooms.html#list-room-api
 */
export const listRoomsV1 = defineEndpoint({
  operation: 'listRoomsV1',
  method: 'GET',
  path: base,
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ...directedPageParameters,
      order_by: { enum: Object.keys(orders) as (keyof typeof orders)[] },
      search_term: plainText(255),
      public_rooms: { type: 'boolean' },
      empty_rooms: { type: 'boolean' },
    },
  },
  async handle({ database }, { query }) {
    const { from = 0, limit = 100, order_by: order = 'name', dir = 'f', search_term: search } = query;
    const { rooms, total } = await readRoomList(database, {
      ...{ offset: from, limit, search, isBlocked: undefined, isPublished: query.public_rooms },
      hasLocalMembers: query.empty_rooms === undefined ? undefined : !query.empty_rooms,
      ...{ orderBy: orders[order], descending: largestFirst.has(order) === (dir === 'f') },
    });
    const next = from + rooms.length;
    return {
      ...{ rooms: rooms.map(formatSynapseRoom), offset: from, total_rooms: total },
      ...(next < total && { next_batch: next }),
      ...(from > 0 && { prev_batch: Math.max(0, from - limit) }),
    };
  },
});

function formatSynapseRoom(room: ListedRoom) {
  return {
    room_id: room.roomId,
    name: room.name,
    canonical_alias: room.canonicalAlias,
    joined_members: room.joined,
    joined_local_members: room.joinedLocal,
    version: room.version,
    creator: room.creator,
    encryption: room.encryption,
    federatable: room.isFederated,
    public: room.isPublished,
    join_rules: room.joinRule,
    guest_access: room.guestAccess,
    history_visibility: room.historyVisibility,
    state_events: room.stateEvents,
    room_type: room.roomType,
  };
}

/** One room. Error: M_NOT_FOUND. https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-details-api */
export const getRoomV1 = defineEndpoint({
  operation: 'getRoomV1',
  method: 'GET',
  path: `${base}/{roomId}`,
  authentication: 'admin',
  async handle(context, { params: { roomId } }) {
    const { room, figures, isPublished, topic, avatarUrl } = await describeRoom(context, roomId);
    if (!figures) throw new MatrixError('M_NOT_FOUND', 'Nothing of this room is here any more');
    const listed = { ...figures, roomId, version: room.version, isPublished, isBlocked: false };
    return {
      ...formatSynapseRoom(listed),
      ...{ topic, avatar: avatarUrl, joined_local_devices: 0, forgotten: figures.joinedLocal === 0 },
    };
  },
});

const mostMembers = 100_000;

/** Who is in a room. Error: M_NOT_FOUND. https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-members-api */
export const listRoomMembersV1 = defineEndpoint({
  operation: 'listRoomMembersV1',
  method: 'GET',
  path: `${base}/{roomId}/members`,
  authentication: 'admin',
  async handle(context, { params }) {
    const room = await requireRoom(context, params.roomId);
    const page = { after: 0, limit: mostMembers, membership: 'join' } as const;
    const members = await readRoomMembers(context.database, room.id, page);
    return { members: members.map(({ userId }) => userId), total: members.length };
  },
});

const mostState = 10_000;

/** The current state of a room. Error: M_NOT_FOUND. https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-state-api */
export const listRoomStateV1 = defineEndpoint({
  operation: 'listRoomStateV1',
  method: 'GET',
  path: `${base}/{roomId}/state`,
  authentication: 'admin',
  async handle(context, { params }) {
    const room = await requireRoom(context, params.roomId);
    const events = await readState(context, room, { limit: mostState });
    return {
      state: events.map(({ eventId, pdu }) => ({
        ...{ type: pdu.type, state_key: pdu.state_key ?? '', sender: pdu.sender, content: pdu.content },
        ...{ event_id: eventId, room_id: room.roomId, origin_server_ts: pdu.origin_server_ts },
      })),
    };
  },
});

/** Whether a room is blocked. https://element-hq.github.io/synapse/latest/admin_api/rooms.html#get-block-status */
export const getRoomBlockV1 = defineEndpoint({
  operation: 'getRoomBlockV1',
  method: 'GET',
  path: `${base}/{roomId}/block`,
  authentication: 'admin',
  async handle({ database }, { params }) {
    const blocked = await readBlockedRoom(database, params.roomId);
    return blocked ? { block: true, user_id: blocked.blockedBy } : { block: false };
  },
});

/** Closes a room to the users of this server, or opens it. Error: M_INVALID_PARAM (not a room id). */
export const setRoomBlockV1 = defineEndpoint({
  operation: 'setRoomBlockV1',
  method: 'PUT',
  path: `${base}/{roomId}/block`,
  authentication: 'admin',
  body: { type: 'object', properties: { block: { type: 'boolean' } }, required: ['block'] },
  async handle(context, { requester, params, body }) {
    if (!isRoomId(params.roomId)) throw new MatrixError('M_INVALID_PARAM', 'This is not a room id');
    await setRoomBlocked(context, params.roomId, body.block, requester.userId);
    return { block: body.block };
  },
});
