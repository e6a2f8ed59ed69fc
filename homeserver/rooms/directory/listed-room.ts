import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';

/** A room as the public directory shows it. */
export interface ListedRoom {
  /** The room's number: orders rooms of the same size. */
  readonly room: number;
  readonly joined: number;
  readonly roomType: string | null;
  /** Name, topic and canonical alias in lower case, for searching. */
  readonly searchText: string;
  /** A PublishedRoomsChunk as JSON text. */
  readonly json: string;
}

/**
 * A room from its current state events.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3publicrooms
 */
export function listRoom(
  place: { readonly room: number; readonly roomId: string },
  events: readonly StoredEvent[],
  joined: number,
): ListedRoom {
  const contents = new Map(events.map(({ pdu }) => [pdu.type, pdu.content]));
  const summary = summariseState(place.roomId, contents, joined);
  const { name, topic, canonical_alias: canonicalAlias, room_type: roomType } = summary;
  return {
    room: place.room,
    joined,
    roomType: roomType ?? null,
    searchText: [name, topic, canonicalAlias].join('\n').toLowerCase(),
    json: JSON.stringify(summary),
  };
}

/** What is shown of a room from the contents of its current state events, by type. */
export function summariseState(roomId: string, contents: ReadonlyMap<string, JsonObject>, joined: number) {
  const text = (type: string, member: string) => textOf(contents.get(type)?.[member]);
  return {
    room_id: roomId,
    num_joined_members: joined,
    world_readable: text('m.room.history_visibility', 'history_visibility') === 'world_readable',
    guest_can_join: text('m.room.guest_access', 'guest_access') === 'can_join',
    join_rule: text('m.room.join_rules', 'join_rule'),
    name: text('m.room.name', 'name'),
    topic: topicText(contents.get('m.room.topic') ?? {}),
    canonical_alias: text('m.room.canonical_alias', 'alias'),
    avatar_url: text('m.room.avatar', 'url'),
    room_type: text('m.room.create', 'type'),
  };
}

/** The plain text of a topic; undefined where it has other forms only. */
export function topicText(content: JsonObject): string | undefined {
  const extensible = content['m.topic'];
  const forms = isJsonObject(extensible) ? extensible['m.text'] : undefined;
  if (!Array.isArray(forms)) return textOf(content['topic']);
  const plain = forms.find(
    (form) => isJsonObject(form) && (form['mimetype'] === undefined || form['mimetype'] === 'text/plain'),
  );
  return isJsonObject(plain) ? textOf(plain['body']) : undefined;
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
