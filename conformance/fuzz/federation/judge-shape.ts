import type { AnyJson } from '@holdfast/homeserver/testing/test-user.ts';

/** A reply to a client, with no status where none came. */
export interface ClientReply {
  readonly status: number | undefined;
  readonly body: string;
  readonly headers: Headers;
}

type Json = AnyJson;

/** What is wrong with a successful reply: what another server said must not reach clients in a form of its own. */
export function judgeShape(what: string, reply: ClientReply, body: object | undefined): string | undefined {
  if (reply.status !== 200) return undefined;
  if (what === 'file' || what === 'thumbnail') return judgeFile(reply);
  let json: Json;
  try {
    json = JSON.parse(reply.body);
  } catch {
    return 'the reply is no JSON';
  }
  const problem = judges[what]?.(json, body as Json);
  return problem && `${problem}: ${reply.body.slice(0, 400)}`;
}

const isText = (value: Json) => typeof value === 'string';
const isObject = (value: Json) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTextOrAbsent = (value: Json) => value === undefined || isText(value);
const isRoomId = (value: Json) => isText(value) && value.startsWith('!');

const judges: Readonly<Record<string, (json: Json, body: Json) => string | undefined>> = {
  join: ({ room_id }) => (isRoomId(room_id) ? undefined : 'no room id'),
  'join by alias': ({ room_id }) => (isRoomId(room_id) ? undefined : 'no room id'),
  knock: ({ room_id }) => (isRoomId(room_id) ? undefined : 'no room id'),
  messages: ({ chunk, state = [] }) => judgeEvents([...chunk, ...state]),
  context: ({ event, events_before = [], events_after = [], state = [] }) =>
    judgeEvents([...(event ? [event] : []), ...events_before, ...events_after, ...state]),
  timestamp: ({ event_id, origin_server_ts }) =>
    isText(event_id) && Number.isSafeInteger(origin_server_ts) ? undefined : 'no event or no time',
  alias: ({ room_id, servers }) => (isRoomId(room_id) && servers.every(isText) ? undefined : 'no room or servers'),
  'public rooms': ({ chunk }) => judgeSummaries(chunk),
  hierarchy: ({ rooms }) =>
    judgeSummaries(rooms) ??
    (rooms.every((room: Json) => Array.isArray(room.children_state)) ? undefined : 'no children'),
  summary: (room) => judgeSummaries([room]),
  profile: ({ displayname, avatar_url }) =>
    isTextOrAbsent(displayname) && isTextOrAbsent(avatar_url) ? undefined : 'no profile',
  'query keys': judgeKeys,
  'claim keys': ({ one_time_keys }, { one_time_keys: asked }) =>
    Object.entries(one_time_keys).every(([userId, devices]) => Object.hasOwn(asked, userId) && isObject(devices))
      ? undefined
      : 'keys of somebody who was not asked for',
};

function judgeEvents(events: Json[]): string | undefined {
  const isSound = ({ event_id, sender, type, content, origin_server_ts }: Json) =>
    [event_id, sender, type].every(isText) && isObject(content) && Number.isSafeInteger(origin_server_ts);
  if (!events.every(isSound)) return 'an event that is none';
  const ids = events.map(({ event_id }) => event_id);
  return new Set(ids).size === ids.length || events.some(({ state_key }) => state_key !== undefined)
    ? undefined
    : 'an event twice';
}

function judgeSummaries(rooms: Json): string | undefined {
  const isSound = (room: Json) =>
    isRoomId(room.room_id) &&
    Number.isSafeInteger(room.num_joined_members) &&
    [room.world_readable, room.guest_can_join].every((value) => typeof value === 'boolean') &&
    [room.name, room.topic, room.avatar_url, room.canonical_alias, room.join_rule, room.room_type].every(
      (value) => value === null || isTextOrAbsent(value),
    );
  return Array.isArray(rooms) && rooms.every(isSound) ? undefined : 'a room that is none';
}

function judgeKeys(reply: Json, { device_keys: asked }: Json): string | undefined {
  for (const member of ['device_keys', 'master_keys', 'self_signing_keys']) {
    for (const userId of Object.keys(reply[member] ?? {})) {
      if (!Object.hasOwn(asked, userId)) return `${member} of somebody who was not asked for`;
    }
  }
  for (const [userId, devices] of Object.entries<Json>(reply.device_keys ?? {})) {
    for (const [deviceId, keys] of Object.entries<Json>(devices)) {
      if (keys.user_id !== userId || keys.device_id !== deviceId) return 'keys of another device';
    }
  }
  return undefined;
}

/** What browsers would run must not be shown in the place of the server. */
function judgeFile({ headers }: ClientReply): string | undefined {
  if (!headers.get('content-security-policy')) return 'a file without a content security policy';
  const isHarmless = /^(image\/(?!svg)|video\/|audio\/|text\/(plain|css|csv)|application\/json)/;
  const isShown = !headers.get('content-disposition')?.startsWith('attachment');
  if (isShown && !isHarmless.test(headers.get('content-type') ?? '')) return `shows ${headers.get('content-type')}`;
  return undefined;
}
