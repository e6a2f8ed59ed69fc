import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '@holdfast/homeserver/platform/context.ts';
import { addOutliers } from '@holdfast/homeserver/rooms/add-outliers.ts';
import { enterRoom } from '@holdfast/homeserver/rooms/enter-room.ts';
import { receiveEvents } from '@holdfast/homeserver/rooms/receive-events.ts';
import { readStateIdsAt } from '@holdfast/homeserver/rooms/state-at-event.ts';
import { findRoom } from '@holdfast/homeserver/storage/names/room-names.ts';
import { eventFlags, type StoredEvent as StoredRow } from '@holdfast/homeserver/storage/rooms/event-row.ts';
import { readCurrentStateIds } from '@holdfast/homeserver/storage/rooms/read-auth-graph.ts';
import { readEventsById } from '@holdfast/homeserver/storage/rooms/read-events.ts';
import { readForwardExtremities } from '@holdfast/homeserver/storage/rooms/read-room-summary.ts';
import { startTestContext } from '@holdfast/homeserver/testing/start-test-context.ts';
import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { createRandom } from './random.ts';
import { receiveEvent } from './receive-event.ts';
import { simulateRoom } from './run-simulation.ts';
import { createServer, currentState, type Server, type StoredEvent } from './server.ts';

/*
 * Rooms of the simulation, received by the real thing: the commands of the room's owner, the tables, and what is read
 * from them must say what the simulated servers say.
 */

/** Twelve in a row have all room versions. */
const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

for (const seed of seeds) {
  test(`seed ${seed}: one after another, events get the verdicts, states and extremities of the simulation`, async (t) => {
    const pure = replayRoom(seed);
    const server = await startTestContext();
    t.after(() => server.stop());
    await receiveAll(server.context, pure, [...pure.events.keys()].slice(2), seed);
    await assertSameRoom(server.context, pure, 'in this order');
  });

  test(`seed ${seed}: in any order, events get the same states`, async (t) => {
    const pure = replayRoom(seed);
    const server = await startTestContext();
    t.after(() => server.stop());
    const order = createRandom(seed + 1000).shuffle([...pure.events.keys()].slice(2));
    await receiveAll(server.context, pure, order, seed);
    await assertSameRoom(server.context, pure, 'in any order');
  });
}

/**
 * A server that received a simulated room in an order of its own. Without what comes directly after the create event,
 * which a server that joins does not have in its history, and without third-party invites, whose signatures are real ones.
 */
function replayRoom(seed: number): Server {
  const source = simulateRoom(seed);
  const [createId = '', joinId = ''] = source.events.keys();
  const left = new Set<string>();
  for (const [eventId, { event }] of source.events) {
    const { prev_events: prevs, auth_events: auths, content } = event.pdu;
    const prevIds = prevs.map(referencedEventId);
    const isAfterCreate = prevIds.includes(createId) && eventId !== joinId;
    const isThirdParty = content['third_party_invite'] !== undefined;
    if (isAfterCreate || isThirdParty || [...prevIds, ...auths.map(referencedEventId)].some((id) => left.has(id)))
      left.add(eventId);
  }
  const replayed = createServer('replay.example', [], source.rules, source.key, 0, source.behaviour);
  const kept = [...source.events].filter(([eventId]) => !left.has(eventId));
  const [create = '', join = '', ...others] = kept.map(([, { json }]) => json);
  for (const json of [create, join, ...createRandom(seed).shuffle(others)]) receiveEvent(replayed, json);
  return replayed;
}

/** Enters the room by its founder's join, and receives its events in batches. */
async function receiveAll(context: Context, pure: Server, order: readonly string[], seed: number): Promise<void> {
  const [create, join] = [...pure.events.values()] as [StoredEvent, StoredEvent];
  const { roomId } = join.event;
  await addOutliers(context, roomId, pure.rules.id, [received(create)]);
  const stateEventIds = [create.event.eventId];
  const entered = await enterRoom(context, { roomId, joinEvent: received(join), stateEventIds, partial: null });
  assert.equal(entered.outcome, 'accepted', entered.reason ?? '');
  const random = createRandom(seed);
  const left = [...order];
  while (left.length > 0) {
    const events = left.splice(0, 1 + random.integer(12)).map((id) => received(pure.events.get(id) as StoredEvent));
    await receiveEvents(context, { roomId, origin: 'origin.example', events });
  }
}

function received({ event, json }: StoredEvent) {
  return { eventId: event.eventId, pduJson: json };
}

async function assertSameRoom(context: Context, pure: Server, arrival: 'in this order' | 'in any order') {
  const [{ event: create }] = [...pure.events.values()] as [StoredEvent];
  const room = await findRoom(context, create.roomId);
  assert.ok(room);
  const rows = await readEventsById(context, [...pure.events.keys()]);
  for (const [eventId, stored] of [...pure.events].slice(1)) {
    const row = rows.get(eventId);
    assert.ok(row, `${eventId} is not stored`);
    const isSameOrder = arrival === 'in this order';
    assert.equal(verdictOf(row, isSameOrder), isSameOrder ? stored.verdict : broadly(stored.verdict), describe(stored));
    const state = await readStateIdsAt(context, room, row, 'after');
    const ids = new Map([...state].map(([tuple, id]) => [tuple, id.eventId]));
    assert.deepEqual(sorted(ids), sorted(stored.stateAfter), `the state after ${describe(stored)}`);
  }
  if (arrival === 'in any order') return;
  const extremities = await readForwardExtremities(context, room);
  assert.deepEqual(new Set(extremities.map(({ eventId }) => eventId)), pure.forwardExtremities);
  const current = (await readCurrentStateIds(context, room)).map(({ type, stateKey, eventId }): [string, string] => [
    stateTuple(type, stateKey),
    eventId,
  ]);
  assert.deepEqual(sorted(new Map(current)), sorted(currentState(pure)), 'the current state');
}

/** Soft failure depends on the order of arrival. */
function verdictOf({ flags }: StoredRow, isSameOrder: boolean): string {
  if ((flags & eventFlags.rejected) !== 0) return 'rejected';
  return isSameOrder && (flags & eventFlags.softFailed) !== 0 ? 'soft-failed' : 'accepted';
}

function broadly(verdict: string): string {
  return verdict === 'rejected' ? verdict : 'accepted';
}

function describe({ event, verdict, reason }: StoredEvent): string {
  const { type, sender, state_key: stateKey } = event.pdu;
  return `${event.eventId} (${type} ${stateKey ?? ''} of ${sender}, ${verdict}: ${reason ?? ''})`;
}

function sorted(state: ReadonlyMap<string, string>): string[] {
  return [...state].map(([tuple, eventId]) => `${tuple}=${eventId}`).sort();
}
