import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isStorableText } from '@holdfast/protocol/identifiers/identifier-text.ts';
import { isRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';
import { summariseState } from '../directory/listed-room.ts';

/**
 * What is shown of a room to those who are not in it, as it is sent.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1room_summaryroomidoralias
 */
export interface RoomSummary extends JsonObject {
  room_id: string;
  num_joined_members: number;
  world_readable: boolean;
  guest_can_join: boolean;
}

/** A child of a space, as its m.space.child event says. */
export interface SpaceChild {
  readonly roomId: string;
  readonly via: readonly string[];
  readonly suggested: boolean;
  /** The event as it is sent: stripped, with its time. */
  readonly stripped: JsonObject;
}

/** State events, with the empty state key, that a summary is made of beside those that the directory shows. */
export const furtherSummaryTypes = ['m.room.encryption'] as const;

const mostVia = 20;

/** A summary from the room's current state events. */
export function summariseRoom(
  { roomId, version }: { readonly roomId: string; readonly version: string },
  events: readonly StoredEvent[],
  joined: number,
): RoomSummary {
  const contents = new Map(events.map(({ pdu }) => [pdu.type, pdu.content]));
  const allowed = allowedRoomIds(contents.get('m.room.join_rules') ?? {});
  const encryption = contents.get('m.room.encryption')?.['algorithm'];
  return {
    ...summariseState(roomId, contents, joined),
    room_version: version,
    ...(typeof encryption === 'string' && { encryption }),
    ...(allowed.length > 0 && { allowed_room_ids: allowed }),
  };
}

/** The rooms whose members may join a restricted room; none where the join rule is another one. */
function allowedRoomIds({ join_rule: rule, allow }: JsonObject): string[] {
  if ((rule !== 'restricted' && rule !== 'knock_restricted') || !Array.isArray(allow)) return [];
  return allow.flatMap((condition) => {
    if (!isJsonObject(condition) || condition['type'] !== 'm.room_membership') return [];
    const roomId = condition['room_id'];
    return typeof roomId === 'string' ? [roomId] : [];
  });
}

/**
 * A summary as another server sent it: the members that are known, of the right type; undefined where it is none. What
 * else it holds is dropped.
 */
export function parseSummary(value: JsonValue | undefined): RoomSummary | undefined {
  if (value === undefined || !isJsonObject(value)) return undefined;
  const roomId = value['room_id'];
  if (typeof roomId !== 'string' || !isRoomId(roomId) || !isStorableText(roomId)) return undefined;
  const text = (name: string) => (typeof value[name] === 'string' ? { [name]: value[name] } : {});
  const allowed = value['allowed_room_ids'];
  const joined = value['num_joined_members'];
  return {
    room_id: roomId,
    num_joined_members: typeof joined === 'number' && Number.isSafeInteger(joined) && joined > 0 ? joined : 0,
    world_readable: value['world_readable'] === true,
    guest_can_join: value['guest_can_join'] === true,
    ...text('join_rule'),
    ...text('name'),
    ...text('topic'),
    ...text('canonical_alias'),
    ...text('avatar_url'),
    ...text('room_type'),
    ...text('encryption'),
    ...text('room_version'),
    ...(Array.isArray(allowed) &&
      allowed.length > 0 && { allowed_room_ids: allowed.filter((id) => typeof id === 'string').slice(0, 100) }),
  };
}

/** The ids in a summary's `allowed_room_ids`. */
export function allowedBySummary(summary: RoomSummary): string[] {
  const allowed = summary['allowed_room_ids'];
  return Array.isArray(allowed) ? allowed.filter((roomId) => typeof roomId === 'string') : [];
}

/**
 * The children of a space in their order: by `order` where that is valid, then by time, then by room id. Events without
 * `via` name no child. https://spec.matrix.org/v1.19/client-server-api/#ordering-of-children-within-a-space
 */
export function listSpaceChildren(events: readonly JsonObject[], suggestedOnly: boolean): SpaceChild[] {
  return events
    .flatMap((event) => parseChild(event) ?? [])
    .filter((child) => !suggestedOnly || child.suggested)
    .sort((one, other) => compareChildren(one, other));
}

/** The m.space.child events of a local room as they are sent. */
export function stripChild({ pdu }: StoredEvent): JsonObject {
  return {
    type: pdu.type,
    state_key: pdu.state_key ?? '',
    content: pdu.content,
    sender: pdu.sender,
    origin_server_ts: pdu.origin_server_ts,
  };
}

function parseChild(event: JsonObject): SpaceChild | undefined {
  const { type, state_key: roomId, content, sender, origin_server_ts: timestamp } = event;
  if (type !== 'm.space.child' || typeof roomId !== 'string' || !isRoomId(roomId)) return undefined;
  if (!isStorableText(roomId) || typeof sender !== 'string' || typeof timestamp !== 'number') return undefined;
  if (content === undefined || !isJsonObject(content) || !Array.isArray(content['via'])) return undefined;
  const via = content['via'].filter((server) => typeof server === 'string' && isServerName(server));
  if (via.length === 0) return undefined;
  return {
    roomId,
    via: (via as string[]).slice(0, mostVia),
    suggested: content['suggested'] === true,
    stripped: { type, state_key: roomId, content, sender, origin_server_ts: timestamp },
  };
}

/** Up to 50 printable ASCII characters. */
const orderForm = /^[\x20-\x7e]{1,50}$/;

function compareChildren(one: SpaceChild, other: SpaceChild): number {
  const [a, b] = [orderOf(one), orderOf(other)];
  if (a !== b) {
    if (a === undefined) return 1;
    if (b === undefined) return -1;
    return a < b ? -1 : 1;
  }
  const byTime = Number(one.stripped['origin_server_ts']) - Number(other.stripped['origin_server_ts']);
  return byTime || (one.roomId < other.roomId ? -1 : 1);
}

function orderOf({ stripped }: SpaceChild): string | undefined {
  const order = (stripped['content'] as JsonObject)['order'];
  return typeof order === 'string' && orderForm.test(order) ? order : undefined;
}
