import type { ServerResponse } from 'node:http';
import { cryptoPrimitives } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import type { SigningKey } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { signEvent } from '@holdfast/protocol/events/sign-event.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Random } from '../../simulation/random.ts';
import { type StubRoom, tuple } from '../../stub-servers/stub-room.ts';
import type { StubHandler, StubReply } from '../../stub-servers/stub-server.ts';
import { choose } from '../choose.ts';

type Answer = (rest: readonly string[], text: string, query: URLSearchParams) => StubReply | undefined;

const file = 'a file of another server';
const boundary = 'part';

/** What a server that behaves answers besides events: what clients of another one want to know of it. */
export function answerAsks(rooms: readonly StubRoom[], key: SigningKey): StubHandler {
  const find = (roomId: string | undefined) => rooms.find((room) => room.roomId === roomId);
  const draft = (membership: string): Answer => {
    return ([roomId, userId = '']) => {
      const room = find(roomId);
      return room && { body: draftMembership(room, userId, membership) };
    };
  };
  const operations: Readonly<Record<string, Answer>> = {
    make_knock: draft('knock'),
    make_leave: draft('leave'),
    send_knock: ([roomId]) => ({ body: { knock_room_state: strippedState(find(roomId)) } }),
    send_leave: () => ({ body: {} }),
    invite(_rest, text) {
      const { event, room_version: version } = JSON.parse(text) as { event?: Pdu; room_version?: string };
      const rules = roomVersionRules(version ?? '1');
      if (!event || !rules) return { status: 400, body: { errcode: 'M_BAD_JSON', error: 'no' } };
      return { body: { event: signEvent(event, rules, key, cryptoPrimitives) as unknown as JsonObject } };
    },
    query([what], _text, query) {
      const profile = { displayname: 'Somebody', avatar_url: `mxc://${key.name}/avatar` };
      const alias = query.get('room_alias') ?? '';
      const room = rooms[alias.length % rooms.length];
      return { body: what === 'directory' ? { room_id: room?.roomId ?? '', servers: [key.name] } : profile };
    },
    publicRooms: () => ({ body: { chunk: rooms.map(describeRoom), total_room_count_estimate: rooms.length } }),
    hierarchy([roomId]) {
      const children = rooms.filter((room) => room.roomId !== roomId).map(describeRoom);
      return {
        body: { room: describeRoom(find(roomId) ?? (rooms[0] as StubRoom)), children, inaccessible_children: [] },
      };
    },
    user([what, id = ''], text) {
      if (what === 'devices') return { body: { user_id: id, stream_id: 1, devices: [deviceOf(id)] } };
      const asked = JSON.parse(text) as { device_keys?: JsonObject; one_time_keys?: JsonObject };
      const ofEach = (users: JsonObject | undefined, answer: (userId: string) => JsonObject): JsonObject =>
        Object.fromEntries(Object.keys(users ?? {}).map((userId) => [userId, { DEV: answer(userId) }]));
      if (id === 'query') return { body: { device_keys: ofEach(asked.device_keys, (user) => deviceOf(user).keys) } };
      return { body: { one_time_keys: ofEach(asked.one_time_keys, () => ({ 'signed_curve25519:A': { key: 'A' } })) } };
    },
    timestamp_to_event: ([roomId]) => {
      const event = find(roomId)?.newest[0];
      return event && { body: { event_id: event.eventId, origin_server_ts: event.pdu.origin_server_ts } };
    },
    media: () => ({ act: (response) => response.writeHead(200, multipart).end(wrap('text/plain', file)) }),
  };
  return ({ path, text }) => {
    const url = new URL(path, 'https://stub');
    const [, , area, , operation = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    if (area !== 'federation' || !Object.hasOwn(operations, operation)) return undefined;
    return operations[operation]?.(rest, text, url.searchParams);
  };
}

const multipart = { 'content-type': `multipart/mixed; boundary=${boundary}` };

function wrap(contentType: string, body: string, metadata = '{}', more = ''): string {
  const head = `--${boundary}\r\ncontent-type: application/json\r\n\r\n${metadata}\r\n`;
  return `${head}--${boundary}\r\ncontent-type: ${contentType}\r\n${more}\r\n${body}\r\n--${boundary}--\r\n`;
}

/** Files in a form that is not quite the right one, or that lie where nobody should look. */
export function makeOddFile(random: Random, ownName: string): StubReply {
  const location = choose(random, [
    ...[
      'file:///etc/passwd',
      'http://127.0.0.1:1/',
      'https://[::1]:1/x',
      'gopher://x/',
      '',
      '//',
      'https://u:p@x:99999/',
    ],
    ...[`https://${ownName}/loop`, `https://${ownName}/_matrix/federation/v1/media/download/x`, 'x'.repeat(20_000)],
  ]);
  const text = choose(random, [
    wrap('text/html', '<script>alert(1)</script>'),
    wrap('image/svg+xml', '<svg onload="alert(1)"/>', '{"a":'),
    wrap('text/plain', file, '[]'),
    wrap('text/plain', 'x'.repeat(300_000), `{"a":"${'x'.repeat(100_000)}"}`),
    wrap('text/plain', '', '{}', `location: ${location}\r\n`),
    wrap('text/plain', file, '{}', 'content-disposition: inline; filename="a\u0001b.html"\r\n'),
    wrap('x'.repeat(20_000), file),
    wrap('text/plain', file).slice(0, random.integer(200)),
    `--${boundary}\r\n\r\n`.repeat(50_000),
    `--${boundary}\r\n${'a: b\r\n'.repeat(20_000)}`,
  ]);
  const type = choose(random, [
    ...[multipart['content-type'], multipart['content-type'], multipart['content-type']],
    ...[
      'multipart/mixed',
      `multipart/mixed; boundary=${'x'.repeat(5_000)}`,
      'text/html',
      'multipart/mixed; boundary=""',
    ],
  ]);
  if (random.chance(0.3)) return { act: (response) => breakOffIn(response, type, text) };
  const [status, headers] = random.chance(0.2) ? [302, { location }] : [200, {}];
  return {
    act: (response) => void response.writeHead(status, { 'content-type': type, ...headers }).end(text),
  };
}

/** Ends in the midst of a file, after its beginning has gone out. */
function breakOffIn(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': text.length + 1_000 });
  response.write(text, () => response.destroy());
}

function draftMembership(room: StubRoom, userId: string, membership: string): JsonObject {
  const auth = [tuple('m.room.create', ''), tuple('m.room.power_levels', ''), tuple('m.room.member', userId)];
  const wanted = room.rules.roomIdIsCreateHash ? auth.slice(1) : auth;
  const found = [...wanted, tuple('m.room.join_rules', '')].flatMap((key) => room.state.get(key) ?? []);
  return {
    room_version: room.rules.id,
    event: {
      ...{ type: 'm.room.member', room_id: room.roomId, sender: userId, state_key: userId, content: { membership } },
      ...{ depth: room.depth + 1, origin_server_ts: 1, prev_events: room.newest.map((event) => room.refer(event)) },
      auth_events: found.map((event) => room.refer(event)),
    },
  };
}

function strippedState(room: StubRoom | undefined): JsonObject[] {
  return [...(room?.state.values() ?? [])].map(({ pdu }) => ({
    ...{ type: pdu.type, sender: pdu.sender, state_key: pdu.state_key ?? '', content: pdu.content },
  }));
}

function describeRoom({ roomId, state }: StubRoom): JsonObject {
  const children = [...state.values()].filter(({ pdu }) => pdu.type === 'm.space.child');
  return {
    ...{ room_id: roomId, num_joined_members: 3, world_readable: true, guest_can_join: false, join_rule: 'public' },
    ...{ name: 'A room', topic: 'of another server', room_type: 'm.space', avatar_url: 'mxc://x/y' },
    children_state: children.map(({ pdu }) => ({ ...pdu })),
  };
}

function deviceOf(userId: string): { readonly device_id: string; readonly keys: JsonObject } & JsonObject {
  const keys = {
    ...{ user_id: userId, device_id: 'DEV', algorithms: ['m.olm.v1.curve25519-aes-sha2'], signatures: {} },
    keys: { 'ed25519:DEV': 'A'.repeat(43), 'curve25519:DEV': 'A'.repeat(43) },
  };
  return { device_id: 'DEV', keys };
}
