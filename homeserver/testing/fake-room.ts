import assert from 'node:assert/strict';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { type BuiltEvent, buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { type JsonObject, type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { SigningKey } from '../platform/context.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import { addOutliers } from '../rooms/add-outliers.ts';
import { enterRoom } from '../rooms/enter-room.ts';
import type { FakeRequest, FakeServer } from './start-fake-server.ts';
import type { FederatedHomeserver } from './start-federated-homeservers.ts';
import type { TestUser } from './test-user.ts';

/** An event for a fake room. `prevs`: ids of events that it comes after; left out, the newest one. */
export interface FakeEvent {
  readonly type: string;
  readonly content: JsonObject;
  readonly sender?: string;
  readonly stateKey?: string;
  readonly prevs?: readonly string[];
  /** Another server's, that signs in place of the fake one. */
  readonly signer?: { readonly name: string; readonly key: SigningKey };
  readonly originServerTs?: number;
}

/** A room that exists on a fake server only, without forks in its state. */
export class FakeRoom {
  readonly roomId: string;
  readonly rules: RoomVersionRules;
  readonly events: BuiltEvent[] = [];
  readonly #server: FakeServer;
  readonly #stateBefore = new Map<string, readonly BuiltEvent[]>();
  #time = 1_700_000_000_000;

  /** A public room of `@f`, with its beginning. */
  constructor(server: FakeServer, localpart: string, visibility = 'shared') {
    this.#server = server;
    this.roomId = `!${localpart}:${server.serverName}`;
    this.rules = roomVersionRules('11') as RoomVersionRules;
    this.add({ type: 'm.room.create', stateKey: '', content: { room_version: '11' } });
    this.add({ type: 'm.room.member', stateKey: this.founder, content: { membership: 'join' } });
    this.add({ type: 'm.room.power_levels', stateKey: '', content: { users: { [this.founder]: 100 } } });
    this.add({ type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'public' } });
    this.add({ type: 'm.room.history_visibility', stateKey: '', content: { history_visibility: visibility } });
  }

  get founder(): string {
    return `@f:${this.#server.serverName}`;
  }

  get newest(): BuiltEvent {
    return this.events.at(-1) as BuiltEvent;
  }

  say(text: string, more: Partial<FakeEvent> = {}): BuiltEvent {
    return this.add({ type: 'm.room.message', content: { msgtype: 'm.text', body: text }, ...more });
  }

  add(given: FakeEvent): BuiltEvent {
    const { type, content, sender = this.founder, stateKey, signer } = given;
    const prevs = given.prevs ?? this.events.slice(-1).map(({ eventId }) => eventId);
    const state = this.#stateAfterAll(prevs);
    const pdu = { type, content, sender, ...(stateKey !== undefined && { state_key: stateKey }) };
    const wanted = selectAuthEvents(this.rules, pdu);
    const authEvents = wanted.flatMap(([authType, authKey]) =>
      state.filter(({ pdu: other }) => other.type === authType && other.state_key === authKey),
    );
    const key = signer ? { name: signer.name, ...signer.key } : { name: this.#server.serverName, ...this.#server.key };
    const built = buildEvent(
      {
        ...{ type, content, sender, stateKey, prevEvents: prevs, roomId: this.roomId },
        originServerTs: given.originServerTs ?? this.#time++,
        depth: 1 + Math.max(0, ...prevs.map((prev) => this.find(prev).pdu.depth)),
        authEvents: authEvents.map(({ eventId }) => eventId),
      },
      this.rules,
      key,
      cryptoPrimitives,
    ) as BuiltEvent;
    this.#stateBefore.set(built.eventId, state);
    this.events.push(built);
    return built;
  }

  /** Takes over an event that another server made after the newest one. */
  adopt(eventId: string, storedJson: string): void {
    const { unsigned: _, ...pdu } = JSON.parse(storedJson) as Pdu;
    const pduJson = JSON.stringify(pdu);
    this.#stateBefore.set(eventId, this.#stateAfterAll(pdu.prev_events.map(referencedEventId)));
    this.events.push({ eventId, pdu, pduJson, roomId: this.roomId, contentJson: JSON.stringify(pdu.content) });
  }

  find(eventId: string): BuiltEvent {
    const event = this.events.find((each) => each.eventId === eventId);
    if (!event) throw new Error(`the fake room has no event ${eventId}`);
    return event;
  }

  stateBefore(eventId: string): readonly BuiltEvent[] {
    return this.#stateBefore.get(eventId) ?? [];
  }

  authChain(events: readonly BuiltEvent[]): BuiltEvent[] {
    const chain = new Set<BuiltEvent>();
    for (const queue = [...events]; queue.length > 0; ) {
      for (const reference of queue.shift()?.pdu.auth_events ?? []) {
        const event = this.find(referencedEventId(reference));
        if (!chain.has(event)) queue.push(event);
        chain.add(event);
      }
    }
    return [...chain];
  }

  /** Makes the fake server tell the room's history and state. */
  serve(): void {
    const path = (operation: string) => `/_matrix/federation/v1/${operation}/${encodeURIComponent(this.roomId)}`;
    const pdus = (events: readonly BuiltEvent[]) => events.map(({ pdu }) => pdu);
    const ids = (events: readonly BuiltEvent[]) => events.map(({ eventId }) => eventId);
    this.#server.answer(path('backfill'), (_, request) => ({ pdus: pdus(this.#walk(request)) }));
    this.#server.answer(path('state_ids'), (_, request) => {
      const state = this.stateBefore(queryOf(request).get('event_id') ?? '');
      return { pdu_ids: ids(state), auth_chain_ids: ids(this.authChain(state)) };
    });
    this.#server.answer(path('state'), (_, request) => {
      const state = this.stateBefore(queryOf(request).get('event_id') ?? '');
      return { pdus: pdus(state), auth_chain: pdus(this.authChain(state)) };
    });
    for (const event of this.events) {
      this.#server.answer(`/_matrix/federation/v1/event/${encodeURIComponent(event.eventId)}`, { pdus: [event.pdu] });
    }
  }

  #walk(request: FakeRequest): BuiltEvent[] {
    const query = queryOf(request);
    const waiting = query.getAll('v').map((eventId) => this.find(eventId));
    const found = new Set<BuiltEvent>();
    while (waiting.length > 0 && found.size < Number(query.get('limit'))) {
      waiting.sort((one, other) => other.pdu.depth - one.pdu.depth);
      const next = waiting.shift() as BuiltEvent;
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(...next.pdu.prev_events.map((reference) => this.find(referencedEventId(reference))));
    }
    return [...found];
  }

  /** Of branches, the state of the one whose events were added last counts. */
  #stateAfterAll(prevs: readonly string[]): BuiltEvent[] {
    const state = new Map<string, BuiltEvent>();
    for (const event of prevs.map((prev) => this.find(prev))) {
      const own = event.pdu.state_key === undefined ? [] : [event];
      for (const each of [...this.stateBefore(event.eventId), ...own]) {
        state.set(`${each.pdu.type}\0${each.pdu.state_key}`, each);
      }
    }
    return [...state.values()];
  }
}

/** A user of a homeserver joins a fake room as it is now, the way joining through another server ends. */
export async function joinFakeRoom(homeserver: FederatedHomeserver, room: FakeRoom, user: TestUser): Promise<string> {
  const { context, serverName } = homeserver;
  const signer = { name: serverName, key: context.signingKey };
  const content = { membership: 'join' };
  const joined = room.add({ type: 'm.room.member', stateKey: user.userId, sender: user.userId, content, signer });
  const state = room.stateBefore(joined.eventId);
  const received = ({ eventId, pduJson }: BuiltEvent) => ({ eventId, pduJson });
  const stored = [...new Set([...room.authChain([...state, joined]), ...state])];
  await addOutliers(context, room.roomId, room.rules.id, stored.map(received));
  const { outcome, reason = '' } = await enterRoom(context, {
    ...{ roomId: room.roomId, joinEvent: received(joined), partial: null },
    stateEventIds: state.map(({ eventId }) => eventId),
  });
  assert.equal(outcome, 'accepted', reason);
  room.serve();
  return joined.eventId;
}

function queryOf({ url }: FakeRequest): URLSearchParams {
  return new URL(url, 'https://fake.test').searchParams;
}
