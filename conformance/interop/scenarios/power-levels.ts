import {
  join,
  makeRoom,
  moderate,
  readState,
  say,
  setState,
  waitForMembership,
  waitForSameState,
  waitForState,
  waitForText,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** Power given over servers can be used there, and what it does binds the other side. */
export const powerLevels: Scenario = {
  name: 'power levels',
  async play({ host, guest, resident, visitor, version }) {
    const roomId = await makeRoom(host, version);
    await join(guest, roomId, host);
    await setState(guest, roomId, 'm.room.topic', { topic: 'too early' }, '', 403);
    const levels = await readState(host, roomId, 'm.room.power_levels');
    await setState(host, roomId, 'm.room.power_levels', { ...levels, users: { ...levels.users, [guest.userId]: 50 } });
    await waitForState(guest, roomId, 'm.room.power_levels', ({ users }) => users?.[guest.userId] === 50);
    await setState(guest, roomId, 'm.room.topic', { topic: 'by the guest' });
    await waitForState(host, roomId, 'm.room.topic', ({ topic }) => topic === 'by the guest');

    const [local, remote] = [await resident.makeUser('local'), await visitor.makeUser('remote')];
    await join(local, roomId, host);
    await join(remote, roomId, host);
    await waitForMembership(guest, roomId, local, 'join');
    await moderate(guest, roomId, 'ban', local);
    await waitForMembership(host, roomId, local, 'ban');
    await say(local, roomId, 'banned', 403);
    await moderate(host, roomId, 'ban', remote);
    await waitForMembership(guest, roomId, remote, 'ban');
    await join(remote, roomId, host, 403);
    await moderate(host, roomId, 'unban', remote);
    await waitForMembership(guest, roomId, remote, 'leave');
    await join(remote, roomId, host);
    await waitForMembership(host, roomId, remote, 'join');

    await setState(host, roomId, 'm.room.power_levels', { ...levels, events_default: 50 });
    await waitForState(guest, roomId, 'm.room.power_levels', ({ events_default }) => events_default === 50);
    await say(guest, roomId, 'muted', 403);
    await say(host, roomId, 'heard');
    await waitForText(guest, roomId, 'heard');
    await waitForSameState(host, guest, roomId);
  },
};
