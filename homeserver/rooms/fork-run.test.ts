import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { stateTuple, stateTupleOf } from '@holdfast/protocol/state-resolution/state-map.ts';
import fc from 'fast-check';
import type { Context } from '../platform/context.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { eventFlags } from '../storage/rooms/event-row.ts';
import { readCurrentStateIds } from '../storage/rooms/read-auth-graph.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { readForwardExtremities } from '../storage/rooms/read-room-summary.ts';
import { RemoteRoom } from '../testing/remote-room.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { addOutliers } from './add-outliers.ts';
import { enterRoom } from './enter-room.ts';
import { receiveEvents } from './receive-events.ts';
import type { ReceivedEvent } from './received-event.ts';
import { readStateIdsAt } from './state-at-event.ts';

let together: TestContext;
let apart: TestContext;
before(async () => {
  [together, apart] = await Promise.all([startTestContext(), startTestContext()]);
});
after(() => Promise.all([together.stop(), apart.stop()]));

const [ann, bob, carl, local] = [
  '@ann:remote.example',
  '@bob:remote.example',
  '@carl:other.example',
  '@me:test',
] as const;
const origin = 'remote.example';

async function resolutions({ metrics }: Context): Promise<number> {
  const { body } = await metrics.expose();
  return Number(/^holdfast_state_resolution_seconds_count(?:\{[^}]*\})? (\d+)/m.exec(body)?.[1] ?? 0);
}

function received({ eventId, pduJson }: ReceivedEvent): ReceivedEvent {
  return { eventId, pduJson };
}

/** Brings the other server in by the same join. */
async function enterAlso(remote: RemoteRoom, join: ReceivedEvent): Promise<void> {
  const outliers = [...remote.events.values()].filter(({ eventId }) => eventId !== join.eventId);
  await addOutliers(together.context, remote.roomId, remote.rules.id, outliers);
  const state = new Map(outliers.map((event) => [stateTupleOf(event.pdu), event.eventId]));
  const { roomId } = remote;
  const stateEventIds = [...state.values()];
  const entered = await enterRoom(together.context, { roomId, joinEvent: join, stateEventIds, partial: null });
  assert.equal(entered.outcome, 'accepted');
}

/** Everything that a server says of a room's events. */
async function describeRoom(context: Context, remote: RemoteRoom, eventIds: readonly string[]) {
  const room = await findRoom(context, remote.roomId);
  assert.ok(room);
  const rows = await readEventsById(context, eventIds);
  const events = [];
  for (const eventId of eventIds) {
    const row = rows.get(eventId);
    assert.ok(row, `${eventId} is not stored`);
    const states = [];
    for (const when of ['before', 'after'] as const) {
      const state = await readStateIdsAt(context, room, row, when);
      states.push([...state].map(([tuple, { eventId: id }]) => `${tuple}=${id}`).sort());
    }
    events.push({ eventId, replaces: row.unsigned.replaces_state, verdict: row.flags & verdictFlags, states });
  }
  const current = (await readCurrentStateIds(context, room)).map(
    ({ type, stateKey, eventId }) => `${stateTuple(type, stateKey)}=${eventId}`,
  );
  const extremities = (await readForwardExtremities(context, room)).map(({ eventId }) => eventId);
  return { events, current: current.sort(), extremities: extremities.sort() };
}

const verdictFlags = eventFlags.rejected | eventFlags.softFailed;

const action = fc.record({
  kind: fc.constantFrom(
    'topic',
    ...Array<'own'>(10).fill('own'),
    'message',
    'levels',
    'membership',
    'ban',
    'ban',
    'join rule',
  ),
  actor: fc.constantFrom(ann, ann, bob, carl),
  target: fc.constantFrom(bob, carl, '@dora:other.example'),
  membership: fc.constantFrom('join', 'leave', 'ban', 'invite'),
  level: fc.constantFrom(0, 50, 75),
  /** Which of three branches it goes on; with 'merge' it comes after two of them. */
  branch: fc.nat(2),
  merges: fc.constantFrom(false, false, false, false, false, true),
});
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

function send(remote: RemoteRoom, told: Action, after: string[], index: number) {
  const { kind, actor, target, membership, level } = told;
  const common = { sender: actor, after };
  if (kind === 'message') return remote.message(actor, `${index}`, after);
  if (kind === 'topic')
    return remote.send({ ...common, type: `m.room.${kind}`, stateKey: '', content: { [kind]: `${index}` } });
  if (kind === 'own')
    return remote.send({ ...common, type: 'org.example.own', stateKey: `${index % 4}`, content: { index } });
  if (kind === 'ban') return remote.member(ann, 'ban', target, after);
  if (kind === 'levels') {
    const content = { users: { [ann]: 100, [bob]: level }, state_default: level === 75 ? 50 : 0, users_default: 0 };
    return remote.send({ ...common, type: 'm.room.power_levels', stateKey: '', content });
  }
  if (kind === 'join rule')
    return remote.send({
      ...common,
      type: 'm.room.join_rules',
      stateKey: '',
      content: { join_rule: level > 0 ? 'public' : 'invite' },
    });
  return remote.member(actor, membership, membership === 'join' ? actor : target, after);
}

test('events on branches get the same verdicts and states together as one by one, where each is resolved', async () => {
  let saved = 0;
  const rooms = fc.record({
    version: fc.constantFrom('1', '2', '6', '10', '11', '12'),
    actions: fc.array(action, { minLength: 8, maxLength: 40 }),
    size: fc.integer({ min: 2, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(rooms, async ({ version, actions, size }) => {
      const remote = new RemoteRoom(version);
      remote.member(bob, 'join');
      remote.member(carl, 'join');
      remote.send({
        type: 'm.room.power_levels',
        sender: ann,
        stateKey: '',
        content: {
          users: version === '12' ? { [bob]: 50 } : { [ann]: 100, [bob]: 50 },
          state_default: 0,
          users_default: 0,
        },
      });
      const join = await remote.enter(apart.context, local);
      await enterAlso(remote, join);
      const tips = [join.eventId, join.eventId, join.eventId];
      const events = actions.map((told, index) => {
        const other = tips[(told.branch + 1) % 3] as string;
        const after = [...new Set(told.merges ? [tips[told.branch] as string, other] : [tips[told.branch] as string])];
        const event = send(remote, told, after, index);
        tips[told.branch] = event.eventId;
        return event;
      });
      const savedBefore = (await resolutions(apart.context)) - (await resolutions(together.context));
      for (const event of events)
        await receiveEvents(apart.context, { roomId: remote.roomId, origin, events: [received(event)] });
      for (let first = 0; first < events.length; first += size) {
        const some = events.slice(first, first + size).map(received);
        await receiveEvents(together.context, { roomId: remote.roomId, origin, events: some });
      }
      const savedAfter = (await resolutions(apart.context)) - (await resolutions(together.context));
      saved += savedAfter - savedBefore;
      const ids = events.map(({ eventId }) => eventId);
      assert.deepEqual(
        await describeRoom(together.context, remote, ids),
        await describeRoom(apart.context, remote, ids),
      );
    }),
    { numRuns: 40, endOnFailure: true },
  );
  assert.ok(saved > 10, `only ${saved} resolutions were saved`);
});

test('two branches of state are resolved twice in one call, and who is banned on one of them is soft-failed on the other', async () => {
  const remote = new RemoteRoom();
  remote.member(bob, 'join');
  const users = { [ann]: 100 };
  remote.send({ type: 'm.room.power_levels', sender: ann, stateKey: '', content: { users, state_default: 0 } });
  const join = await remote.enter(together.context, local);
  const own = (sender: string, side: string, index: number) => {
    const after = [index === 0 ? join.eventId : remote.newest];
    return remote.send({ type: 'org.example.own', sender, stateKey: `${index}`, content: { side }, after });
  };
  const left = Array.from({ length: 20 }, (_, index) => own(ann, 'left', index));
  const right = Array.from({ length: 20 }, (_, index) => own(ann, 'right', index));
  const ban = remote.member(ann, 'ban', bob, [left.at(-1)?.eventId ?? '']);
  const late = remote.send({
    ...{ type: 'org.example.own', sender: bob, stateKey: 'late', content: {} },
    after: [right.at(-1)?.eventId ?? ''],
  });
  const before = await resolutions(together.context);
  const receive = (events: readonly ReceivedEvent[]) =>
    receiveEvents(together.context, { roomId: remote.roomId, origin, events: events.map(received) });
  await receive([...left, ...right]);
  // The first event of the other branch forks the room; the rest of it is one run.
  assert.equal((await resolutions(together.context)) - before, 2);
  const outcomes = await receive([ban, late]);
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['accepted', 'soft-failed'],
  );
});

test('a long branch takes few rows for each event, whose state is the right one, also where another process goes on', async (t) => {
  const moving = await startTestContext();
  t.after(() => moving.stop());
  let owner: Pick<TestContext, 'context' | 'shardLog'> = moving;
  const { context } = moving;
  const remote = new RemoteRoom();
  const join = await remote.enter(context, local);
  const fact = (side: string, index: number, after: readonly string[]) =>
    remote.send({ type: 'org.example.fact', sender: ann, stateKey: `${index % 110}`, content: { side, index }, after });
  const grow = (side: string, length: number) => {
    const events = [fact(side, 0, [join.eventId])];
    for (let index = 1; index < length; index++) events.push(fact(side, index, [events.at(-1)?.eventId ?? '']));
    return events;
  };
  const [left, right] = [grow('left', 110), grow('right', 150)];
  const receive = (events: readonly ReceivedEvent[]) =>
    receiveEvents(owner.context, { roomId: remote.roomId, origin, events: events.map(received) });
  await receive(left);
  const room = await findRoom(context, remote.roomId);
  assert.ok(room);
  for (let first = 0; first < right.length; first += 7) {
    await receive(right.slice(first, first + 7));
    if (first % 3 !== 1) continue;
    const before = owner;
    owner = await moving.startAnother();
    await before.shardLog.close();
  }
  const stored = await readEventsById(
    owner.context,
    right.map(({ eventId }) => eventId),
  );
  const expected = new Map<string, string>();
  for (const event of right) {
    expected.set(stateTuple('org.example.fact', event.pdu.state_key ?? ''), event.eventId);
    const state = await readStateIdsAt(owner.context, room, stored.get(event.eventId) as never, 'after');
    const facts = [...state].filter(([tuple]) => tuple.includes('org.example.fact'));
    assert.deepEqual(new Map(facts.map(([tuple, { eventId }]) => [tuple, eventId])), expected);
  }
  const [rows] = await owner.context.database<{ count: number }[]>`
    SELECT count(*)::int FROM fork_state WHERE room = ${room.id}`;
  // With all of each it would be more than three thousand.
  assert.ok((rows?.count ?? 0) < 1_500, String(rows?.count));
});
