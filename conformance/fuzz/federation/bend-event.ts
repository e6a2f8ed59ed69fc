import { cryptoPrimitives } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import type { SigningKey } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import type { JsonObject, JsonValue, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { hashAndSignEvent } from '@holdfast/protocol/events/sign-event.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import { hostileTexts } from '../make-value.ts';

/** An event as text, ready to be put into a transaction. */
export interface BentEvent {
  readonly json: string;
  /** What was done to it; undefined: nothing. */
  readonly fault: string | undefined;
}

export interface BendingGround {
  readonly rules: RoomVersionRules;
  readonly key: SigningKey;
  /** Ids of events of this and of other rooms, rejected ones and none at all. */
  readonly eventIds: readonly string[];
  /** Of the room; what comes before them goes in a circle or a long way. */
  readonly snareIds: readonly string[];
  readonly roomIds: readonly string[];
  readonly userIds: readonly string[];
}

const largestEventBytes = 65_536;
const hostileNumbers: readonly JsonValue[] = [
  -1,
  0,
  1.5,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  -(2 ** 53),
  1e300,
  '1',
  '∞',
  null,
];
const fields = [
  ...['type', 'room_id', 'sender', 'state_key', 'content', 'origin_server_ts', 'depth', 'prev_events', 'auth_events'],
  ...['hashes', 'signatures', 'unsigned', 'event_id', 'redacts', 'origin', '__proto__', 'org.example.more'],
];
const memberships = ['join', 'invite', 'leave', 'ban', 'knock', 'x', ''];

type Bend = (random: Random, event: Bendable, ground: BendingGround) => void;
type Bendable = Record<string, JsonValue | undefined>;

/** What is wrong with an event although its server made it so: it is hashed and signed with the fault in it. */
const bends: Readonly<Record<string, Bend>> = {
  'a field is something else': (random, event, ground) => {
    event[choose(random, fields)] = makeJunk(random, ground, 3);
  },
  'a field is missing': (random, event) => {
    delete event[choose(random, fields)];
  },
  'a number at its edge': (random, event) => {
    event[choose(random, ['depth', 'origin_server_ts'])] = choose(random, hostileNumbers);
  },
  'refers to whatever': (random, event, ground) => {
    const count = choose(random, [0, 1, 2, 10, 11, 20, 21, 500]);
    const references = Array.from({ length: count }, () => refer(ground.rules, choose(random, ground.eventIds)));
    event[choose(random, ['prev_events', 'auth_events'])] = references;
  },
  'leads into a snare': (random, event, ground) => {
    const snare = random.pick(ground.snareIds);
    const field = choose(random, ['prev_events', 'auth_events']);
    if (snare === undefined) return;
    const others = field === 'auth_events' && random.chance(0.5) ? (event[field] as JsonValue[]) : [];
    event[field] = [...others, refer(ground.rules, snare)];
  },
  'a size at its edge': (random, event) => {
    const content: JsonObject = { body: '', ...(event['content'] as JsonObject) };
    event['content'] = content;
    const missing = largestEventBytes + choose(random, [-1, 0, 1, 5_000]) - sizeOf(event) - signatureBytes;
    if (missing > 0) content['body'] = 'x'.repeat(missing);
  },
  'a name that is too long': (random, event) => {
    const length = choose(random, [254, 255, 256, 10_000]);
    const field = choose(random, ['type', 'state_key', 'sender', 'room_id']);
    event[field] = `${choose(random, ['@', '!', 'm'])}${'ü'.repeat(length / 2)}`;
  },
  'a membership of somebody': (random, event, ground) => {
    event['type'] = 'm.room.member';
    event['state_key'] = choose(random, [...ground.userIds, ...hostileTexts]);
    event['content'] = {
      membership: choose(random, memberships),
      ...(random.chance(0.3) && { join_authorised_via_users_server: choose(random, ground.userIds) }),
      ...(random.chance(0.3) && { third_party_invite: makeJunk(random, ground, 3) }),
    };
  },
  'state of the room': (random, event, ground) => {
    const types = ['create', 'power_levels', 'join_rules', 'history_visibility', 'server_acl', 'third_party_invite'];
    event['type'] = `m.room.${choose(random, types)}`;
    event['state_key'] = random.chance(0.8) ? '' : choose(random, hostileTexts);
    event['content'] = makeJunk(random, ground, 3) as JsonObject;
  },
  'a redaction': (random, event, ground) => {
    event['type'] = 'm.room.redaction';
    const redacts = random.chance(0.7) ? choose(random, ground.eventIds) : makeJunk(random, ground, 1);
    event['redacts'] = redacts;
    event['content'] = { redacts };
  },
  'of another room or another server': (random, event, ground) => {
    if (random.chance(0.5)) event['room_id'] = choose(random, ground.roomIds);
    else event['sender'] = choose(random, ground.userIds);
  },
};

const signatureBytes = 250;

/** Bends an event: not at all, before it is signed, or afterwards. */
export function bendEvent(random: Random, built: BuiltEvent, ground: BendingGround): BentEvent {
  if (random.chance(0.25)) return { json: built.pduJson, fault: undefined };
  if (random.chance(0.15)) return { json: tamper(random, built), fault: 'changed after it was signed' };
  const event: Bendable = { ...structuredClone(built.pdu as unknown as Bendable) };
  const fault = choose(random, Object.keys(bends));
  bends[fault]?.(random, event, ground);
  delete event['signatures'];
  delete event['hashes'];
  try {
    const signed = hashAndSignEvent(event as unknown as Pdu, ground.rules, ground.key, cryptoPrimitives);
    return { json: JSON.stringify(signed), fault };
  } catch {
    // What has no canonical JSON cannot be signed, but it can be sent.
    return { json: JSON.stringify({ ...event, hashes: built.pdu.hashes, signatures: built.pdu.signatures }), fault };
  }
}

function tamper(random: Random, built: BuiltEvent): string {
  const event = structuredClone(built.pdu) as unknown as Bendable;
  const junkSignature = encodeBase64(new Uint8Array(64).fill(random.integer(256)));
  const changes: readonly (() => void)[] = [
    () => void (event['content'] = { body: 'changed' }),
    () => void (event['hashes'] = { sha256: 'AAAA' }),
    () => void (event['signatures'] = { [built.pdu.sender.replace(/^[^:]*:/, '')]: { 'ed25519:stub': junkSignature } }),
    () => void (event['signatures'] = {}),
    () => void (event['sender'] = '@somebody:else.example'),
  ];
  choose(random, changes)();
  return JSON.stringify(event);
}

function refer(rules: RoomVersionRules, eventId: string): JsonValue {
  return rules.eventIds === 'server' ? [eventId, { sha256: 'AAAA' }] : eventId;
}

function sizeOf(event: Bendable): number {
  return Buffer.byteLength(JSON.stringify(event));
}

/** Any JSON, made of what means something as well as of what does not. */
export function makeJunk(random: Random, ground: BendingGround, depth: number): JsonValue {
  const words = ['users', 'events', 'ban', 'allow', 'deny', 'membership', 'join_rule', 'creator', 'signed', 'token'];
  const leaf = () =>
    choose<JsonValue>(random, [
      ...[null, true, {}, [], choose(random, hostileNumbers), choose(random, hostileTexts)],
      ...[choose(random, ground.userIds), choose(random, ground.eventIds), choose(random, ground.roomIds)],
      ...[choose(random, ['join', 'public', 'invite', 'restricted', '12', '6']), random.integer(200)],
    ]);
  if (depth === 0 || random.chance(0.3)) return leaf();
  if (random.chance(0.2)) return Array.from({ length: random.integer(5) }, () => makeJunk(random, ground, depth - 1));
  const members = Array.from({ length: random.integer(5) }, () => [
    choose(random, [...words, ...ground.userIds, '__proto__', '']),
    makeJunk(random, ground, depth - 1),
  ]);
  return Object.fromEntries(members) as JsonObject;
}
