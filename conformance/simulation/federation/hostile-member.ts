import { cryptoPrimitives } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import type { FakeServer } from '@holdfast/homeserver/testing/start-fake-server.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { type BuiltEvent, buildEvent, type EventDraft } from '@holdfast/protocol/events/build-event.ts';
import type { EventReference, JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { eventIdOf } from '@holdfast/protocol/events/reference-hash.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Random } from '../random.ts';
import { Equivocation } from './hostile-admin.ts';
import { answerWithLies } from './hostile-answers.ts';

/** A homeserver as the hostile one reaches it: around the simulated network. */
export interface HostileTarget {
  readonly name: string;
  readonly baseUrl: string;
}

interface Template {
  readonly event: Pdu;
  readonly rules: RoomVersionRules;
}

export interface HostileJoin {
  readonly server: FakeServer;
  readonly through: HostileTarget;
  readonly roomId: string;
  readonly random: Random;
  /** Whose state it changes where it is an administrator. */
  readonly guestIds: readonly string[];
}

/** https://spec.matrix.org/v1.19/client-server-api/#size-limits */
const largestEventBytes = 65_536;
/** Events say of themselves when they were sent. */
const farMs = 1_000_000_000;

/**
 * A member of a room whose server keeps to no rule: forks, forgeries, events that are huge, deep or without sense, and lies
 * where it is asked. As an administrator it tells each server something else, and all of it is allowed.
 */
export class HostileMember {
  readonly #server: FakeServer;
  readonly #roomId: string;
  readonly #userId: string;
  readonly #rules: RoomVersionRules;
  /** Of the events that it sends: what its join came after, and what gives its user the right to speak. */
  readonly #prevs: EventReference[][];
  readonly #auth: readonly EventReference[];
  readonly #equivocation: Equivocation | undefined;
  readonly #random: Random;
  /** What it answers with when it is asked. */
  readonly #events = new Map<string, Pdu>();
  #serial = 0;

  private constructor(
    { server, random, guestIds }: HostileJoin,
    join: BuiltEvent,
    rules: RoomVersionRules,
    state: readonly Pdu[],
  ) {
    const referenced = referenceTo(join, rules);
    this.#server = server;
    this.#roomId = join.roomId;
    this.#userId = join.pdu.sender;
    this.#rules = rules;
    this.#prevs = [[referenced]];
    // The power levels, the create event where it is named, and now the own membership instead of the join rules.
    this.#auth = [...join.pdu.auth_events, referenced];
    this.#random = random;
    this.#events.set(join.eventId, join.pdu);
    const auth = new Map(state.map((pdu) => [`${pdu.type} ${pdu.state_key}`, referenceToPdu(pdu, rules)]));
    auth.set(`m.room.member ${this.#userId}`, referenced);
    const powers = state.find(({ type }) => type === 'm.room.power_levels')?.content ?? {};
    const isAdmin = (powers['users'] as JsonObject | undefined)?.[this.#userId] === 100;
    this.#equivocation = isAdmin ? new Equivocation({ prev: [referenced], auth, powers }, guestIds) : undefined;
    const forge = () => this.#forged(random);
    answerWithLies(server, { random, roomId: this.#roomId, events: this.#events, forge });
  }

  get isAdmin(): boolean {
    return this.#equivocation !== undefined;
  }

  /** Joins a public room through one of its servers, as any server may. */
  static async join(joining: HostileJoin): Promise<HostileMember> {
    const { server, through, roomId } = joining;
    const userId = `@mallory:${server.serverName}`;
    const { event, rules } = await askTemplate(server, through, roomId, userId);
    const join = build(server, rules, {
      ...{ type: 'm.room.member', sender: userId, stateKey: userId, roomId, content: { membership: 'join' } },
      ...{ originServerTs: event.origin_server_ts, depth: event.depth },
      ...{
        prevEvents: event.prev_events,
        authEvents: event.auth_events,
        eventId: `$join-${Date.now()}:${server.serverName}`,
      },
    });
    const path = `/_matrix/federation/v2/send_join/${encodeURIComponent(roomId)}/${encodeURIComponent(join.eventId)}`;
    const reply = await server.send(through.baseUrl, through.name, 'PUT', path, join.pdu as unknown as JsonObject);
    if (reply.status !== 200) throw new Error(`the hostile server could not join: ${JSON.stringify(reply.body)}`);
    return new HostileMember(joining, join, rules, reply.body.state);
  }

  /** Sends something bad, or something sound to one server alone. */
  async act(targets: readonly HostileTarget[]): Promise<void> {
    const random = this.#random;
    const target = random.pick(targets) as HostileTarget;
    const equivocates = this.#equivocation !== undefined && random.chance(0.6);
    await this.#send(target, equivocates ? [this.#equivocate(this.#equivocation)] : this.#choose(random));
  }

  async #send(target: HostileTarget, pdus: readonly unknown[]): Promise<void> {
    const path = `/_matrix/federation/v1/send/hostile-${Date.now()}-${this.#serial++}`;
    const body = {
      origin: this.#server.serverName,
      origin_server_ts: Date.now(),
      pdus: pdus as JsonObject[],
      edus: [],
    };
    const reply = await this.#server.send(target.baseUrl, target.name, 'PUT', path, body);
    if (reply.status >= 500 && reply.status !== 503) throw new Error(`${target.name} answered ${reply.status}`);
  }

  #choose(random: Random): unknown[] {
    const choices: (() => unknown[])[] = [
      () => [this.#message(random, {})],
      () => [this.#message(random, { prevEvents: random.pick(this.#prevs) ?? [] })],
      () => [this.#forged(random)],
      () => [this.#message(random, { sender: `@ghost:${this.#server.serverName}` })],
      () => [this.#message(random, { authEvents: this.#auth.slice(0, 1) })],
      () => [this.#message(random, { authEvents: [] })],
      () => [this.#message(random, { depth: Number.MAX_SAFE_INTEGER })],
      () => [this.#message(random, { prevEvents: [this.#unknownReference()] })],
      () => [this.#state('m.room.power_levels', '', { users: { [this.#userId]: 1000 } })],
      () => [this.#state('m.room.member', '@guest-0:one.test', { membership: 'ban' })],
      () => [this.#ofSize(random.pick([-1, 0, 1, 1_000]) as number)],
      () => [this.#ofSize(0, 'org.example.large')],
      () => [this.#message(random, { content: { body: 'deep', msgtype: 'm.text', deep: nested(200) } })],
      () => [null, 'no event', { type: 7 }, { ...this.#message(random, {}), prev_events: 'none' }],
    ];
    return (random.pick(choices) as () => unknown[])();
  }

  #message(random: Random, changed: Partial<EventDraft>): Pdu {
    const built = this.#build({
      type: 'm.room.message',
      content: { msgtype: 'm.text', body: `hostile ${this.#serial}` },
      ...changed,
    });
    if (random.chance(0.5) && Object.keys(changed).length === 0) this.#prevs.push([referenceTo(built, this.#rules)]);
    return built.pdu;
  }

  #equivocate(equivocation: Equivocation): Pdu {
    const draft = equivocation.choose(this.#random);
    const { branch, type, stateKey, content } = draft;
    const needed = selectAuthEvents(this.#rules, { type, state_key: stateKey, sender: this.#userId, content });
    const built = this.#build({
      ...{ type, stateKey, content, prevEvents: branch.prev },
      authEvents: needed.map(([authType, key]) => branch.auth.get(`${authType} ${key}`)).filter(isPresent),
      originServerTs: this.#random.pick([Date.now(), Date.now(), 1, Date.now() + farMs]) as number,
    });
    equivocation.keep(draft, built, referenceTo(built, this.#rules));
    return built.pdu;
  }

  /** As much larger than an event may be, in bytes of its canonical JSON. */
  #ofSize(moreBytes: number, stateType?: string): Pdu {
    const base = { type: stateType ?? 'm.room.message', ...(stateType !== undefined && { stateKey: this.#userId }) };
    const serial = this.#serial;
    const at = { originServerTs: Date.now(), eventId: `$sized-${Date.now()}-${serial}:${this.#server.serverName}` };
    const empty = this.#build({ ...base, ...at, content: { body: '', msgtype: 'm.text' }, depth: 30 + serial });
    const body = 'x'.repeat(largestEventBytes + moreBytes - Buffer.byteLength(empty.pduJson));
    return this.#build({ ...base, ...at, content: { body, msgtype: 'm.text' }, depth: 30 + serial }).pdu;
  }

  #state(type: string, stateKey: string, content: JsonObject): Pdu {
    return this.#build({ type, stateKey, content }).pdu;
  }

  #forged(random: Random): Pdu {
    const pdu = this.#message(random, { content: { msgtype: 'm.text', body: 'forged' } });
    const [signature = ''] = Object.values(pdu.signatures?.[this.#server.serverName] ?? {});
    const turned = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    return { ...pdu, signatures: { [this.#server.serverName]: { [this.#server.key.keyId]: turned } } };
  }

  #unknownReference(): EventReference {
    const eventId = this.#rules.eventIds === 'server' ? `$lost-${this.#serial}:nowhere.test` : `$${'A'.repeat(43)}`;
    return this.#rules.eventIds === 'server' ? [eventId, { sha256: 'A'.repeat(43) }] : eventId;
  }

  #build(given: Partial<EventDraft> & Pick<EventDraft, 'type' | 'content'>): BuiltEvent {
    const serial = this.#serial++;
    const built = build(this.#server, this.#rules, {
      ...{ sender: this.#userId, roomId: this.#roomId, originServerTs: Date.now(), depth: 30 + serial },
      ...{ prevEvents: this.#prevs.at(-1) ?? [], authEvents: this.#auth },
      ...{ eventId: `$hostile-${Date.now()}-${serial}:${this.#server.serverName}` },
      ...given,
    });
    this.#events.set(built.eventId, built.pdu);
    return built;
  }
}

async function askTemplate(
  server: FakeServer,
  through: HostileTarget,
  roomId: string,
  userId: string,
): Promise<Template> {
  const versions = Array.from({ length: 12 }, (_, index) => `ver=${index + 1}`).join('&');
  const path = `/_matrix/federation/v1/make_join/${encodeURIComponent(roomId)}/${encodeURIComponent(userId)}?${versions}`;
  const reply = await server.send(through.baseUrl, through.name, 'GET', path);
  if (reply.status !== 200) throw new Error(`the hostile server may not join: ${JSON.stringify(reply.body)}`);
  return { event: reply.body.event, rules: roomVersionRules(reply.body.room_version) as RoomVersionRules };
}

function build({ serverName, key }: FakeServer, rules: RoomVersionRules, draft: EventDraft): BuiltEvent {
  const built = buildEvent(draft, rules, { name: serverName, ...key }, cryptoPrimitives);
  if (!built) throw new Error('an event of the hostile server could not be built');
  return built;
}

function referenceTo({ eventId, pdu }: BuiltEvent, rules: RoomVersionRules): EventReference {
  return rules.eventIds === 'server' ? [eventId, pdu.hashes ?? {}] : eventId;
}

function referenceToPdu(pdu: Pdu, rules: RoomVersionRules): EventReference {
  const eventId = eventIdOf(pdu, rules, cryptoPrimitives) ?? '';
  return rules.eventIds === 'server' ? [eventId, pdu.hashes ?? {}] : eventId;
}

function isPresent(reference: EventReference | undefined): reference is EventReference {
  return reference !== undefined;
}

function nested(depth: number): JsonObject {
  let value: JsonObject = {};
  for (let level = 0; level < depth; level++) value = { deep: value };
  return value;
}
