import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readEventById } from '../../storage/rooms/read-events.ts';
import { readState } from '../../storage/rooms/read-state.ts';
import { readTimeline } from '../../storage/rooms/read-timeline.ts';
import { RemoteRoom } from '../../testing/remote-room.ts';
import { startTestContext, type TestContext } from '../../testing/start-test-context.ts';
import { addOutliers } from '../add-outliers.ts';
import { receiveEvents } from '../receive-events.ts';
import { readStateIdsAt } from '../state-at-event.ts';
import { addMissingState } from './add-missing-state.ts';

let server: TestContext;
before(async () => {
  server = await startTestContext();
});
after(() => server.stop());

const [ann, derek, elsie, local] = [
  '@ann:remote.example',
  '@derek:remote.example',
  '@elsie:remote.example',
  '@me:test',
] as const;

/**
 * A room that this server comes to without knowing its members: Elsie is one, and Derek was one. What they did before is
 * here, as it is fetched when an event refers to it.
 */
async function enterPartialRoom() {
  const { context } = server;
  const remote = new RemoteRoom();
  const [create] = [...remote.events.values()] as [BuiltEvent];
  const joins = { derek: remote.member(derek, 'join'), elsie: remote.member(elsie, 'join') };
  const users = { [ann]: 100, [derek]: 100, [elsie]: 50 };
  const powers = remote.send({ type: 'm.room.power_levels', sender: ann, stateKey: '', content: { users } });
  const leave = remote.member(derek, 'leave');
  await remote.enter(context, local, true);
  await addOutliers(context, remote.roomId, '11', [joins.derek, joins.elsie, leave]);
  const room = await findRoom(context, remote.roomId);
  assert.ok(room);
  /** Of somebody who says to be a member by this join. */
  const by = (member: BuiltEvent, ...more: BuiltEvent[]) =>
    [create, powers, member, ...more].map(({ eventId }) => eventId);
  const receive = async (...events: BuiltEvent[]) => {
    const sent = events.map(({ eventId, pduJson }) => ({ eventId, pduJson }));
    const told = await receiveEvents(context, { roomId: remote.roomId, origin: 'remote.example', events: sent });
    return events.map((event) => told.find(({ eventId }) => eventId === event.eventId)?.outcome);
  };
  const becomeWhole = async () => {
    const { roomId } = remote;
    const members = [
      [joins.elsie.eventId, 'm.room.member', elsie, 'join'],
      [leave.eventId, 'm.room.member', derek, 'leave'],
    ] as const;
    await addMissingState(context, room.shard, { roomId, state: members, isLast: false });
    await addMissingState(context, room.shard, { roomId, state: [], isLast: true });
  };
  const current = async (type: string, key = '') =>
    (await readState(context, room, { keys: [[type, key]] }))[0]?.eventId;
  const timeline = async () =>
    (await readTimeline(context, room, [{ first: 1, last: 9e15 }], 'f', 100)).map(({ eventId }) => eventId);
  return { context, remote, room, joins, by, receive, becomeWhole, current, timeline };
}

test('what a user did who had left before is undone when that is known, and what it had hindered is done', async () => {
  const { context, remote, room, joins, by, receive, becomeWhole, current, timeline } = await enterPartialRoom();
  const kick = remote.send({
    ...{ type: 'm.room.member', sender: derek, stateKey: elsie, content: { membership: 'leave' } },
    auth: by(joins.derek, joins.elsie),
  });
  const ofElsie = remote.send({ type: 'm.room.test', sender: elsie, stateKey: '', auth: by(joins.elsie) });
  const later = remote.message(ann, 'still here');
  assert.deepEqual(await receive(kick, ofElsie, later), ['accepted', 'rejected', 'accepted']);
  assert.equal(await current('m.room.member', elsie), kick.eventId);

  await becomeWhole();
  assert.equal(await current('m.room.member', elsie), joins.elsie.eventId);
  assert.equal(await current('m.room.test'), ofElsie.eventId);
  const told = await timeline();
  assert.deepEqual([told.includes(kick.eventId), told.includes(later.eventId)], [false, true]);
  const stored = await readEventById(context, later.eventId);
  assert.ok(stored);
  const stateIds = [...(await readStateIdsAt(context, room, stored, 'before')).values()].map(({ eventId }) => eventId);
  assert.ok(stateIds.includes(joins.elsie.eventId) && stateIds.includes(ofElsie.eventId));
  assert.ok(!stateIds.includes(kick.eventId));
  const answer = remote.send({ type: 'm.room.message', sender: elsie, auth: by(joins.elsie) });
  assert.deepEqual(await receive(answer), ['accepted']);
});

test('a message that was wrongly rejected is in the timeline once all members are known, each once', async () => {
  const { context, remote, room, joins, by, receive, becomeWhole, timeline } = await enterPartialRoom();
  // Derek, who had left, bans her, which says nothing against her join that came before.
  const ban = remote.send({
    ...{ type: 'm.room.member', sender: derek, stateKey: elsie, content: { membership: 'ban' } },
    auth: by(joins.derek, joins.elsie),
  });
  const first = remote.send({ type: 'm.room.message', sender: elsie, auth: by(joins.elsie) });
  const second = remote.send({ type: 'm.room.message', sender: elsie, auth: by(joins.elsie) });
  const later = remote.message(ann, 'still here');
  assert.deepEqual(await receive(ban, first, second, later), ['accepted', 'rejected', 'rejected', 'accepted']);
  assert.ok(!(await timeline()).includes(first.eventId));
  await becomeWhole();
  const told = await timeline();
  const shown = told.filter((eventId) => [ban, first, second, later].some((event) => event.eventId === eventId));
  assert.deepEqual(
    shown,
    [later, first, second].map(({ eventId }) => eventId),
  );
  assert.deepEqual(await receive(first, second), ['known', 'known']);
  assert.deepEqual(await timeline(), told);
  const [waiting] = await context.database<{ count: number }[]>`
    SELECT count(*)::int FROM received_pdu WHERE room = ${room.id}`;
  assert.equal(waiting?.count, 0);
});

test('a member who is taken for one who was kicked may do what resolving the state with its own membership allows', async () => {
  const { remote, joins, by, receive, becomeWhole, timeline } = await enterPartialRoom();
  // It says nothing of Elsie's join, which may have come after it.
  const kick = remote.send({
    ...{ type: 'm.room.member', sender: derek, stateKey: elsie, content: { membership: 'leave' } },
    auth: by(joins.derek),
  });
  const answer = remote.send({ type: 'm.room.message', sender: elsie, auth: by(joins.elsie) });
  const left = remote.send({
    ...{ type: 'm.room.member', sender: elsie, stateKey: elsie, content: { membership: 'leave' } },
    auth: by(joins.elsie),
  });
  assert.deepEqual(await receive(kick, answer, left), ['accepted', 'accepted', 'accepted']);
  await becomeWhole();
  const told = await timeline();
  assert.deepEqual(
    [kick, answer, left].map(({ eventId }) => told.includes(eventId)),
    [false, true, true],
  );
});

test('state that should never have been accepted gives way to what it replaced, and the room goes on', async () => {
  const { remote, joins, by, receive, becomeWhole, current, timeline } = await enterPartialRoom();
  const topic = (sender: string, auth?: string[]) =>
    remote.send({ type: 'm.room.topic', sender, stateKey: '', content: { topic: sender }, ...(auth && { auth }) });
  const [good, bad] = [topic(ann), topic(derek, by(joins.derek))];
  assert.deepEqual(await receive(good, bad), ['accepted', 'accepted']);
  assert.equal(await current('m.room.topic'), bad.eventId);
  await becomeWhole();
  assert.equal(await current('m.room.topic'), good.eventId);
  assert.equal((await timeline()).at(-1), good.eventId);
  const next = topic(ann);
  assert.deepEqual(await receive(next), ['accepted']);
  assert.equal(await current('m.room.topic'), next.eventId);
});

test('who leaves before it is known that they were members is gone afterwards', async () => {
  const { context, remote, room, joins, by, receive, becomeWhole } = await enterPartialRoom();
  const content = { membership: 'leave' };
  const left = remote.send({ type: 'm.room.member', sender: elsie, stateKey: elsie, content, auth: by(joins.elsie) });
  assert.deepEqual(await receive(left), ['accepted']);
  await becomeWhole();
  const members = await readState(context, room, { keys: [['m.room.member', elsie]] });
  assert.deepEqual(
    members.map(({ eventId }) => eventId),
    [left.eventId],
  );
});

test('where every verdict holds nothing changes', async () => {
  const { remote, joins, by, receive, becomeWhole, current, timeline } = await enterPartialRoom();
  const said = remote.send({ type: 'm.room.message', sender: elsie, auth: by(joins.elsie) });
  const name = remote.send({ type: 'm.room.name', sender: ann, stateKey: '', content: { name: 'a' } });
  assert.deepEqual(await receive(said, name), ['accepted', 'accepted']);
  const told = await timeline();
  await becomeWhole();
  assert.deepEqual(await timeline(), told);
  assert.equal(await current('m.room.name'), name.eventId);
  assert.equal(await current('m.room.member', elsie), joins.elsie.eventId);
});
