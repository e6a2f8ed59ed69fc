import assert from 'node:assert/strict';
import {
  call,
  join,
  makeRoom,
  readState,
  say,
  waitForMembership,
  waitForState,
  waitForText,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** A room gets a newer version; members of the other server follow it. */
export const upgrade: Scenario = {
  name: 'upgrade',
  async play({ host, guest, version }) {
    const roomId = await makeRoom(host, version, { name: 'gets newer' });
    await join(guest, roomId, host);
    await waitForMembership(host, roomId, guest, 'join');
    const newVersion = String(Math.min(version + 1, 12));
    const path = `/rooms/${encodeURIComponent(roomId)}/upgrade`;
    const { replacement_room: newRoomId } = await call(host, 'POST', path, { new_version: newVersion });
    await waitForState(guest, roomId, 'm.room.tombstone', (content) => content.replacement_room === newRoomId);
    await join(guest, newRoomId, host);
    await waitForMembership(host, newRoomId, guest, 'join');
    const create = await readState(guest, newRoomId, 'm.room.create');
    assert.equal(create.room_version, newVersion);
    assert.equal(create.predecessor.room_id, roomId);
    assert.equal((await readState(guest, newRoomId, 'm.room.name')).name, 'gets newer');
    await say(guest, newRoomId, 'moved');
    await waitForText(host, newRoomId, 'moved');
    await say(guest, roomId, 'too late', 403);
  },
};
