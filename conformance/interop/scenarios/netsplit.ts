import assert from 'node:assert/strict';
import {
  join,
  leave,
  makeRoom,
  moderate,
  readState,
  readTexts,
  say,
  setState,
  until,
  waitForMembership,
  waitForSameState,
  waitForText,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

const messagesEach = 15;
/** Each side waits a while before it tries the other again; Synapse, once refused, until it hears of it. */
const healingMs = 60_000;

/** Both go on without each other, change the same state, and agree on everything once they hear of each other again. */
export const netsplit: Scenario = {
  name: 'netsplit',
  alone: true,
  async play({ host, guest, resident, visitor, version, world }) {
    const roomId = await makeRoom(host, version);
    const [witness, target] = [await visitor.makeUser('witness'), await resident.makeUser('target')];
    for (const user of [guest, witness, target]) await join(user, roomId, host);
    const levels = await readState(host, roomId, 'm.room.power_levels');
    await setState(host, roomId, 'm.room.power_levels', { ...levels, users: { ...levels.users, [guest.userId]: 50 } });
    await say(host, roomId, 'before the split');
    await waitForText(guest, roomId, 'before the split');
    await waitForSameState(host, guest, roomId);

    world.cut();
    try {
      for (let turn = 1; turn <= messagesEach; turn++) {
        await say(host, roomId, `host ${turn}`);
        await say(guest, roomId, `guest ${turn}`);
      }
      await setState(host, roomId, 'm.room.topic', { topic: 'of the host' });
      await setState(guest, roomId, 'm.room.topic', { topic: 'of the guest' });
      await setState(guest, roomId, 'm.room.name', { name: 'only the guest names it' });
      // The host takes the guest's power away while the guest uses it.
      await setState(host, roomId, 'm.room.power_levels', levels);
      await moderate(guest, roomId, 'kick', target);
      await leave(witness, roomId);
      await say(guest, roomId, 'end of the split');
    } finally {
      world.mend();
    }
    await say(host, roomId, 'hello again');
    await waitForText(guest, roomId, 'hello again', healingMs);
    await say(guest, roomId, 'hello back');
    await waitForText(host, roomId, 'hello back', healingMs);
    await waitForSameState(host, guest, roomId);
    await waitForMembership(host, roomId, witness, 'leave');
    for (const user of [host, guest]) {
      const missing = await until('all messages are there', async () => {
        const texts = new Set(await readTexts(user, roomId));
        const wanted = Array.from({ length: messagesEach }, (_, index) => [`host ${index + 1}`, `guest ${index + 1}`]);
        return wanted.flat().every((text) => texts.has(text)) && [];
      });
      assert.deepEqual(missing, []);
    }
  },
};
