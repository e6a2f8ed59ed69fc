import assert from 'node:assert/strict';
import {
  call,
  join,
  makeRoom,
  readHistory,
  readTexts,
  say,
  setState,
  until,
  waitForMembership,
  waitForText,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

const oldMessages = 60;

/** What was said before the guest came is read back whole and in order, as far as the room's history is to be seen. */
export const history: Scenario = {
  name: 'history',
  async play({ host, guest, version }) {
    const roomId = await makeRoom(host, version);
    const texts = Array.from({ length: oldMessages }, (_, index) => `old ${index + 1}`);
    const eventIds: string[] = [];
    for (const [index, text] of texts.entries()) {
      eventIds.push(await say(host, roomId, text));
      if (index % 20 === 0) await setState(host, roomId, 'm.room.topic', { topic: `after ${text}` });
    }
    await join(guest, roomId, host);
    await waitForMembership(host, roomId, guest, 'join');
    assert.deepEqual((await readTexts(guest, roomId)).toReversed(), texts, 'all messages from before the join');
    const all = await readHistory(guest, roomId);
    assert.equal(all.at(-1)?.type, 'm.room.create', 'the history goes back to the beginning');
    assert.equal(new Set(all.map(({ event_id }) => event_id)).size, all.length, 'no event twice');

    const middle = eventIds[30] ?? '';
    const context = await call(
      guest,
      'GET',
      `/rooms/${encodeURIComponent(roomId)}/context/${encodeURIComponent(middle)}?limit=4`,
    );
    assert.equal(context.event.content.body, 'old 31');
    assert.ok(context.events_before.length > 0 && context.events_after.length > 0);
    await findByTime({ host, guest, roomId, version });
    await hideOldHistory({ host, guest, version });
  },
};

async function findByTime(stage: { host: Guest; guest: Guest; roomId: string; version: number }): Promise<void> {
  const { guest, roomId } = stage;
  const path = `/_matrix/client/v1/rooms/${encodeURIComponent(roomId)}/timestamp_to_event?dir=f&ts=0`;
  const found = await until('an event by its time', async () => {
    const reply = await guest.send('GET', path);
    return reply.status === 200 && reply.body;
  });
  assert.ok(found.event_id);
}

type Guest = Parameters<typeof say>[0];

async function hideOldHistory({ host, guest, version }: { host: Guest; guest: Guest; version: number }): Promise<void> {
  const roomId = await makeRoom(host, version, {
    initial_state: [{ type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'joined' } }],
  });
  await say(host, roomId, 'secret');
  await join(guest, roomId, host);
  await waitForMembership(host, roomId, guest, 'join');
  await say(host, roomId, 'for all');
  await waitForText(guest, roomId, 'for all');
  assert.ok(!(await readTexts(guest, roomId)).includes('secret'), 'what was said among members stays among them');
}
