import assert from 'node:assert/strict';
import {
  join,
  leave,
  makeRoom,
  moderate,
  readTexts,
  say,
  waitForMembership,
  waitForSameState,
  waitForText,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** Join, talk both ways, leave and come back. */
export const joinARoom: Scenario = {
  name: 'join',
  async play({ host, guest, version }) {
    const roomId = await makeRoom(host, version, { name: 'a room', topic: 'joining' });
    await say(host, roomId, 'before');
    await join(guest, roomId, host);
    await waitForMembership(host, roomId, guest, 'join');
    await waitForSameState(host, guest, roomId);
    for (let turn = 1; turn <= 5; turn++) {
      await say(host, roomId, `host ${turn}`);
      await waitForText(guest, roomId, `host ${turn}`);
      await say(guest, roomId, `guest ${turn}`);
      await waitForText(host, roomId, `guest ${turn}`);
    }
    assert.deepEqual(
      await readTexts(guest, roomId),
      await readTexts(host, roomId),
      'the same history in the same order',
    );

    await leave(guest, roomId);
    await waitForMembership(host, roomId, guest, 'leave');
    await say(host, roomId, 'alone');
    await join(guest, roomId, host);
    await waitForMembership(host, roomId, guest, 'join');
    await say(host, roomId, 'together');
    await waitForText(guest, roomId, 'together');
    await waitForText(guest, roomId, 'alone');
    await waitForSameState(host, guest, roomId);

    await moderate(host, roomId, 'kick', guest);
    await waitForMembership(guest, roomId, guest, 'leave');
    await say(guest, roomId, 'not any more', 403);
  },
};
