import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import type { Context } from '../platform/context.ts';
import { stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import { eventFlags } from '../storage/rooms/event-row.ts';
import { readEventEntries } from '../storage/rooms/read-event-entries.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readForwardExtremities } from '../storage/rooms/read-room-summary.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { readTimeline } from '../storage/rooms/read-timeline.ts';
import { readWireEvent } from '../storage/rooms/read-wire-events.ts';
import { recentPdus } from '../storage/rooms/recent-pdus.ts';
import { readUnreadCounts } from '../storage/sync/read-unread-counts.ts';
import { RemoteRoom } from '../testing/remote-room.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { type ReceivedOutcome, receiveEvents } from './receive-events.ts';
import type { ReceivedEvent } from './received-event.ts';
import { sendMessageEvent } from './send-event.ts';

let server: TestContext;
before(async () => {
  server = await startTestContext();
});
after(() => server.stop());

const [ann, bob, local] = ['@ann:remote.example', '@bob:remote.example', '@me:test'] as const;

/** A room with Ann and Bob on another server, and one user here. */
async function enterRemoteRoom(version?: string): Promise<{ remote: RemoteRoom; room: RoomName }> {
  const remote = new RemoteRoom(version);
  remote.member(bob, 'join');
  await remote.enter(server.context, local);
  const room = await findRoom(server.context, remote.roomId);
  assert.ok(room);
  return { remote, room };
}

async function receive(remote: RemoteRoom, ...events: readonly ReceivedEvent[]): Promise<string[]> {
  const outcomes = await receiveOutcomes(server.context, remote, events);
  return events.map(({ eventId }) => outcomes.find((outcome) => outcome.eventId === eventId)?.outcome ?? 'nothing');
}

function receiveOutcomes(context: Context, remote: RemoteRoom, events: readonly ReceivedEvent[]) {
  const sent = events.map(({ eventId, pduJson }) => ({ eventId, pduJson }));
  return receiveEvents(context, { roomId: remote.roomId, origin: 'remote.example', events: sent });
}

async function say(roomId: string, text: string) {
  return await sendMessageEvent(server.context, {
    roomId,
    userId: local,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: text },
    transaction: { deviceId: 'DEVICE', transactionId: text },
  });
}

async function topicOf(room: RoomName): Promise<unknown> {
  const [event] = await readState(server.context, room, { keys: [['m.room.topic', '']] });
  return event?.pdu.content['topic'];
}

async function timelineIds(room: RoomName): Promise<string[]> {
  const events = await readTimeline(server.context, room, [{ first: -9e15, last: 9e15 }], 'f', 1_000);
  return events.map(({ eventId }) => eventId);
}

async function extremityIds(room: RoomName): Promise<string[]> {
  return (await readForwardExtremities(server.context, room)).map(({ eventId }) => eventId);
}

async function countRows(room: RoomName): Promise<Record<string, number>> {
  const rows = await server.context.database<{ name: string; count: number }[]>`
    SELECT 'fork_event' AS name, count(*)::int FROM fork_event WHERE room = ${room.id}
    UNION ALL SELECT 'fork_state', count(*)::int FROM fork_state WHERE room = ${room.id}
    UNION ALL SELECT 'forward_extremity', count(*)::int FROM forward_extremity WHERE room = ${room.id}
    UNION ALL SELECT 'room_state', count(*)::int FROM room_state WHERE room = ${room.id}
    UNION ALL SELECT 'received_pdu', count(*)::int FROM received_pdu WHERE room = ${room.id}`;
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

for (const version of ['1', '3', '11', '12']) {
  test(`messages and state of version ${version} that come after each other are accepted, each once`, async () => {
    const { remote, room } = await enterRemoteRoom(version);
    const events = [
      remote.message(ann, 'one'),
      remote.send({ type: 'm.room.topic', sender: ann, stateKey: '', content: { topic: 'far away' } }),
      remote.message(bob, 'two'),
    ];
    assert.deepEqual(await receive(remote, ...events), ['accepted', 'accepted', 'accepted']);
    const rows = await countRows(room);
    assert.deepEqual(await receive(remote, ...events), ['known', 'known', 'known']);
    assert.deepEqual(await countRows(room), rows);
    assert.deepEqual([rows['fork_event'], rows['forward_extremity']], [0, 0]);
    assert.equal(await topicOf(room), 'far away');
    assert.deepEqual(await extremityIds(room), [events[2]?.eventId]);
  });
}

test('an event of this server comes after received ones, and they after it', async () => {
  const { remote, room } = await enterRemoteRoom();
  const heard = remote.message(ann, 'hello');
  await receive(remote, heard);
  const { eventId } = await say(remote.roomId, 'hello yourself');
  const own = await readEventById(server.context, eventId);
  assert.deepEqual(own?.pdu.prev_events, [heard.eventId]);
  assert.deepEqual(await extremityIds(room), [eventId]);
});

test('two states that conflict are resolved once, however many messages follow on either branch', async () => {
  const { remote, room } = await enterRemoteRoom();
  const start = remote.newest;
  const topic = (text: string) =>
    remote.send({ type: 'm.room.topic', sender: ann, stateKey: '', content: { topic: text }, after: [start] });
  const tips = [topic('left'), topic('right')];
  assert.deepEqual(await receive(remote, ...tips), ['accepted', 'accepted']);
  const resolutions = async () => {
    const { body } = await server.context.metrics.expose();
    return Number(/^holdfast_state_resolution_seconds_count(?:\{[^}]*\})? (\d+)/m.exec(body)?.[1] ?? 0);
  };
  const [before, current] = [await resolutions(), await topicOf(room)];
  assert.ok(before > 0);
  let ends = tips.map(({ eventId }) => eventId);
  for (let round = 0; round < 5; round++) {
    const said = ends.map((end) => remote.message(ann, `round ${round}`, [end]));
    assert.deepEqual(await receive(remote, ...said), ['accepted', 'accepted']);
    ends = said.map(({ eventId }) => eventId);
  }
  assert.equal(await resolutions(), before);
  assert.equal(await topicOf(room), current);
  assert.deepEqual((await extremityIds(room)).toSorted(), ends.toSorted());
});

test('what differs is ordered by the power levels on which all agree, also where it is older than they are', async () => {
  const { remote, room } = await enterRemoteRoom();
  const start = remote.newest;
  const topic = (text: string) =>
    remote.send({ type: 'm.room.topic', sender: ann, stateKey: '', content: { topic: text }, after: [start] });
  const level = (eventsDefault: number, after: string) => {
    const content = { users: { [ann]: 100 }, state_default: 50, events_default: eventsDefault, ban: 50, redact: 50 };
    return remote.send({ type: 'm.room.power_levels', sender: ann, stateKey: '', content, after: [after] });
  };
  const left = topic('left');
  const right = topic('right');
  const raised = level(10, left.eventId);
  const lowered = level(0, raised.eventId);
  // One branch has the other's topic too, and on both the power levels are the newest.
  const both = remote.message(ann, 'both', [lowered.eventId, right.eventId]);
  const alone = remote.message(ann, 'alone', [lowered.eventId]);
  const end = remote.message(ann, 'end', [both.eventId, alone.eventId]);
  const sent = [left, right, raised, lowered, both, alone, end];
  assert.deepEqual(
    await receive(remote, ...sent),
    sent.map(() => 'accepted'),
  );
  assert.equal(await topicOf(room), 'right');
});

test('branches on which only messages are said cost no row of state, and heal by the next event here', async () => {
  const { remote, room } = await enterRemoteRoom();
  const start = remote.newest;
  const before = await countRows(room);
  const tips = [ann, bob, ann].map((sender, index) => remote.message(sender, `branch ${index}`, [start]));
  assert.deepEqual(await receive(remote, ...tips), ['accepted', 'accepted', 'accepted']);
  assert.deepEqual(await countRows(room), { ...before, forward_extremity: 3 });
  const { eventId } = await say(remote.roomId, 'together');
  const merge = await readEventById(server.context, eventId);
  assert.deepEqual(new Set(merge?.pdu.prev_events as string[]), new Set(tips.map((tip) => tip.eventId)));
  assert.deepEqual(await countRows(room), before);
});

test('two branches that change the same state are resolved, and what resolution changed is told by the log', async () => {
  const { remote, room } = await enterRemoteRoom();
  const start = remote.newest;
  const topic = (text: string, after: string) =>
    remote.send({ type: 'm.room.topic', sender: ann, stateKey: '', content: { topic: text }, after: [after] });
  const first = topic('first', start);
  const last = topic('last', start);
  const message = remote.message(bob, 'on the first branch', [first.eventId]);
  await receive(remote, last, first, message);
  assert.equal(await topicOf(room), 'last', 'of equal standing: the later one');
  const stored = await readEventById(server.context, message.eventId);
  const rows = await countRows(room);
  assert.deepEqual([rows['fork_event'], rows['fork_state']], [2, 1], 'the message shares the state of what it follows');
  const entries = await readEventEntries(
    server.context,
    room.shard,
    (stored?.position ?? 0) - 2,
    stored?.position ?? 0,
  );
  const heard = server.context.shardLog.tail.entriesAfter(room.shard, (stored?.position ?? 0) - 2);
  assert.deepEqual(
    entries.map((entry) => entry.kind === 'event' && stateChangesOf(entry)),
    heard?.map((entry) => entry.kind === 'event' && stateChangesOf(entry)),
  );
  await say(remote.roomId, 'merge');
  assert.equal(await topicOf(room), 'last');
});

test('a ban undoes what its target did on another branch, and says so to readers of the tables too', async () => {
  const { remote, room } = await enterRemoteRoom();
  const levels = { users: { [ann]: 100, [bob]: 50 }, state_default: 50, events_default: 0, ban: 50, redact: 50 };
  const promoted = remote.send({ type: 'm.room.power_levels', sender: ann, stateKey: '', content: levels });
  const topic = remote.send({ type: 'm.room.topic', sender: bob, stateKey: '', content: { topic: 'mine' } });
  assert.deepEqual(await receive(remote, promoted, topic), ['accepted', 'accepted']);
  assert.equal(await topicOf(room), 'mine');
  const ban = remote.member(ann, 'ban', bob, [promoted.eventId]);
  assert.deepEqual(await receive(remote, ban), ['accepted']);
  assert.equal(await topicOf(room), undefined);
  const stored = await readEventById(server.context, ban.eventId);
  const position = stored?.position ?? 0;
  const [fromTables] = await readEventEntries(server.context, room.shard, position - 1, position);
  const [fromMemory] = server.context.shardLog.tail.entriesAfter(room.shard, position - 1) ?? [];
  assert.ok(fromTables?.kind === 'event' && fromMemory?.kind === 'event');
  const told = (entry: typeof fromTables) =>
    stateChangesOf(entry)
      .map(({ type, event, replaced }) => [type, event?.body.eventId, replaced?.eventId])
      .toSorted(([one = ''], [other = '']) => one.localeCompare(other));
  assert.deepEqual(told(fromTables), told(fromMemory));
  assert.ok(told(fromTables).some(([type, eventId]) => type === 'm.room.topic' && eventId === undefined));
  // Its place can be taken again.
  const next = remote.send({ type: 'm.room.topic', sender: ann, stateKey: '', content: { topic: 'ours' } });
  assert.deepEqual(await receive(remote, next), ['accepted']);
  assert.equal(await topicOf(room), 'ours');
});

test('a message that a banned user puts before the ban is soft-failed: nobody sees it or comes after it', async () => {
  const { remote, room } = await enterRemoteRoom();
  const start = remote.newest;
  const ban = remote.member(ann, 'ban', bob);
  await receive(remote, ban);
  const evasion = remote.message(bob, 'I was here before', [start]);
  const follower = remote.message(ann, 'after both', [ban.eventId, evasion.eventId]);
  assert.deepEqual(await receive(remote, evasion), ['soft-failed']);
  assert.deepEqual(await extremityIds(room), [ban.eventId]);
  assert.deepEqual(await receive(remote, follower), ['accepted']);
  assert.deepEqual(await extremityIds(room), [follower.eventId]);
  const ids = await timelineIds(room);
  assert.ok(!ids.includes(evasion.eventId) && ids.includes(follower.eventId));
  const stored = await readEventById(server.context, evasion.eventId);
  assert.ok((stored?.position ?? 0) < 0 && ((stored?.flags ?? 0) & eventFlags.softFailed) !== 0);
});

test('an event that its own auth events forbid is rejected, kept, and changes nothing', async () => {
  const { remote, room } = await enterRemoteRoom();
  const forbidden = remote.send({ type: 'm.room.topic', sender: bob, stateKey: '', content: { topic: 'mine' } });
  const [outcome] = await receiveOutcomes(server.context, remote, [forbidden]);
  assert.equal(outcome?.outcome, 'rejected');
  assert.match(outcome?.reason ?? '', /power level/);
  assert.equal(await topicOf(room), undefined);
  assert.ok(!(await extremityIds(room)).includes(forbidden.eventId));
  assert.deepEqual(await receive(remote, forbidden), ['known']);
});

test('an event that was rejected is accepted when it comes again and may be, and so is what it allows then', async () => {
  const { remote, room } = await enterRemoteRoom();
  const withoutBob = [...remote.stateIds()].filter(([tuple]) => !tuple.includes(bob)).map(([, eventId]) => eventId);
  const moderator = remote.send({ type: 'm.room.power_levels', sender: ann, stateKey: '', content: powers });
  await receive(remote, moderator);
  const content = { ...powers, events: { 'm.room.topic': 50 } };
  const changed = remote.send({ type: 'm.room.power_levels', sender: bob, stateKey: '', content });
  const topic = remote.send({ type: 'm.room.topic', sender: bob, stateKey: '', content: { topic: 'at last' } });
  // A server that said who was in the room left Bob out.
  const first = { roomId: remote.roomId, origin: 'remote.example', events: [given(changed, withoutBob)] };
  assert.deepEqual((await receiveEvents(server.context, first))[0]?.outcome, 'rejected');
  assert.deepEqual(await receive(remote, topic), ['rejected']);
  assert.deepEqual(await receive(remote, topic), ['known']);
  assert.deepEqual(await receive(remote, changed), ['accepted']);
  assert.equal(await topicOf(room), undefined);
  assert.deepEqual(await receive(remote, topic), ['accepted']);
  assert.equal(await topicOf(room), 'at last');
  const shown = (await timelineIds(room)).filter((id) => [changed.eventId, topic.eventId].includes(id));
  assert.deepEqual(shown, [changed.eventId, topic.eventId]);
  const rows = await countRows(room);
  assert.deepEqual(await receive(remote, changed, topic), ['known', 'known']);
  assert.deepEqual(await countRows(room), rows);
});

const powers = { users: { [ann]: 100, [bob]: 50 }, state_default: 50, events_default: 0, ban: 50, redact: 50 };

function given({ eventId, pduJson }: ReceivedEvent, stateBefore: readonly string[]): ReceivedEvent {
  return { eventId, pduJson, stateBefore };
}

test('what comes before the events that it refers to waits, also over a take-over, and is judged when they come', async () => {
  const { remote, room } = await enterRemoteRoom();
  const missing = remote.message(ann, 'lost');
  const [second, third] = [remote.message(bob, 'second'), remote.message(ann, 'third')];
  assert.deepEqual(await receive(remote, third, second), ['waiting', 'waiting']);
  assert.equal((await countRows(room))['received_pdu'], 2);
  const { context: other } = await server.startAnother();
  await server.shardLog.close();
  const outcomes = await receiveOutcomes(other, remote, [missing]);
  assert.deepEqual(
    new Map(outcomes.map(({ eventId, outcome }): [string, ReceivedOutcome['outcome']] => [eventId, outcome])),
    new Map([missing, second, third].map(({ eventId }) => [eventId, 'accepted'])),
  );
  assert.equal((await countRows(room))['received_pdu'], 0);
  await server.stop();
  server = await startTestContext();
});

test('so much may wait that was fetched, less that was sent, and what comes after each other is placed together', async () => {
  const { remote, room } = await enterRemoteRoom();
  const missing = remote.message(ann, 'lost');
  const chain = Array.from({ length: 10_001 }, (_, index) => remote.message(bob, `${index}`));
  const give = async (events: readonly ReceivedEvent[], areFetched: boolean) => {
    const sent = events.map(({ eventId, pduJson }) => ({ eventId, pduJson }));
    return await receiveEvents(server.context, {
      ...{ roomId: remote.roomId, origin: 'remote.example', events: sent, areFetched },
    });
  };
  for (let first = 0; first < 10_000; first += 1_000) {
    const outcomes = await give(chain.slice(first, first + 1_000), true);
    assert.ok(outcomes.every(({ outcome }) => outcome === 'waiting'));
  }
  const tooMany = { errcode: 'M_LIMIT_EXCEEDED' };
  await assert.rejects(give(chain.slice(10_000), true), tooMany);
  assert.equal((await give(chain.slice(10_000), false))[0]?.outcome, 'waiting');
  const outcomes = await give([missing], true);
  assert.equal(outcomes.filter(({ outcome }) => outcome === 'accepted').length, 10_002);
  assert.equal((await countRows(room))['received_pdu'], 0);
  const placed = await server.context.database<{ eventId: string }[]>`
    SELECT event_id AS "eventId" FROM event WHERE room = ${room.id} ORDER BY position DESC LIMIT 10001`;
  assert.deepEqual(
    placed.map(({ eventId }) => eventId).toReversed(),
    chain.map(({ eventId }) => eventId),
  );
});

test('a redaction takes the content of its target, before and after the target came, if its sender may', async () => {
  const { remote } = await enterRemoteRoom();
  const [bobs, late] = [remote.message(bob, 'no good'), remote.message(bob, 'worse')];
  const carol = '@carol:third.example';
  const joined = remote.member(carol, 'join');
  const redact = (sender: string, redacts: string) => remote.send({ type: 'm.room.redaction', sender, redacts });
  const refused = redact(carol, bobs.eventId);
  await receive(remote, bobs, late, joined, refused);
  const contentOf = async ({ eventId }: { eventId: string }) =>
    (await readEventById(server.context, eventId))?.pdu.content;
  assert.equal((await contentOf(bobs))?.['body'], 'no good');
  const [refusedEntry] =
    server.context.shardLog.tail.entriesAfter(0, server.context.shardLog.tail.position(0) - 1) ?? [];
  assert.ok(refusedEntry?.kind === 'event' && refusedEntry.body.redacts === undefined);
  assert.doesNotMatch(refusedEntry.body.clientJson, /redacts/);
  await receive(remote, redact(ann, bobs.eventId));
  assert.deepEqual(await contentOf(bobs), {});
  // One on a branch of its own, heard of after its redaction.
  const unheard = remote.message(bob, 'never read', [joined.eventId]);
  await receive(
    remote,
    remote.send({ type: 'm.room.redaction', sender: ann, redacts: unheard.eventId, after: [late.eventId] }),
  );
  assert.deepEqual(await receive(remote, unheard), ['accepted']);
  assert.deepEqual(await contentOf(unheard), {});
  // Other servers verify a request over the canonical form of what came: any other text poisons its queue.
  const wireText = async (eventId: string) => (await readWireEvent(server.context, eventId))?.pduJson;
  const recent = recentPdus.of(server.context).get(unheard.eventId);
  for (const text of [await wireText(bobs.eventId), await wireText(unheard.eventId), recent]) {
    assert.equal(text, encodeCanonicalJson(JSON.parse(text ?? '')));
  }
});

test('a redaction of something that can be no event id is an event like others, and redacts nothing', async () => {
  const { remote } = await enterRemoteRoom();
  const odd = ['$\0', '$'.padEnd(5_000, 'x'), ''].map((redacts) =>
    remote.send({ type: 'm.room.redaction', sender: ann, redacts }),
  );
  assert.deepEqual(await receive(remote, ...odd), ['accepted', 'accepted', 'accepted']);
});

test('received messages count as unread for members here, mentions as highlights', async () => {
  const { remote, room } = await enterRemoteRoom();
  const mention = { msgtype: 'm.text', body: 'you', 'm.mentions': { user_ids: [local] } };
  await receive(
    remote,
    remote.message(ann, 'one'),
    remote.message(bob, 'two'),
    remote.send({ type: 'm.room.message', sender: ann, content: mention }),
  );
  const counts = await readUnreadCounts(server.context, local, [room.id]);
  assert.deepEqual(counts.get(room.id)?.main, { notifications: 3, highlights: 1 });
});

test('five hundred branches are merged by events of this server before it speaks', async () => {
  const { remote, room } = await enterRemoteRoom();
  const start = remote.newest;
  const tips = Array.from({ length: 500 }, (_, index) => remote.message(ann, `branch ${index}`, [start]));
  for (let first = 0; first < tips.length; first += 50) await receive(remote, ...tips.slice(first, first + 50));
  assert.ok((await extremityIds(room)).length <= 11, 'they do not pile up');
  const { eventId } = await say(remote.roomId, 'peace');
  assert.deepEqual(await extremityIds(room), [eventId]);
  const { notifyOrdinal } = (await readEventById(server.context, eventId)) ?? {};
  assert.ok((notifyOrdinal ?? 0) > 500, 'every one of them was told');
});

test('a member here who is banned on one branch is out after the branches meet', async () => {
  const { remote } = await enterRemoteRoom();
  const start = remote.newest;
  await receive(remote, remote.message(ann, 'elsewhere', [start]), remote.member(ann, 'ban', local, [start]));
  await assert.rejects(say(remote.roomId, 'am I still here?'), { errcode: 'M_FORBIDDEN' });
});

test('many rooms of a shard receive at the same time, and none gets the positions of another', async () => {
  const rooms: { readonly remote: RemoteRoom; readonly room: RoomName }[] = [];
  for (let index = 0; index < 12; index++) rooms.push(await enterRemoteRoom());
  for (let round = 0; round < 5; round++) {
    const outcomes: string[][] = await Promise.all(
      rooms.map(({ remote }) => receive(remote, remote.message(ann, `a${round}`), remote.message(bob, `b${round}`))),
    );
    assert.deepEqual([...new Set(outcomes.flat())], ['accepted']);
  }
  for (const { room } of rooms) assert.equal((await timelineIds(room)).length, 11);
});
