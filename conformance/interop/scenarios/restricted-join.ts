import {
  join,
  leave,
  makeRoom,
  say,
  setState,
  waitForMembership,
  waitForSameState,
  waitForText,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** Members of a space may come in, others may not; the resident server signs each such join too. */
export const restrictedJoin: Scenario = {
  name: 'restricted join',
  sinceVersion: 8,
  async play({ host, guest, visitor, version }) {
    const spaceId = await makeRoom(host, version, { creation_content: { type: 'm.space' } });
    const allow = [{ type: 'm.room_membership', room_id: spaceId }];
    const roomId = await makeRoom(host, version, {
      initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'restricted', allow } }],
    });
    await join(guest, roomId, host, 403);
    await join(guest, spaceId, host);
    await waitForMembership(host, spaceId, guest, 'join');
    await join(guest, roomId, host);
    await waitForMembership(host, roomId, guest, 'join');
    await say(guest, roomId, 'from the space');
    await waitForText(host, roomId, 'from the space');

    // Now the visitor's server is in the room itself, but it has nobody there who may invite.
    const second = await visitor.makeUser('second');
    await join(second, roomId, host, 403);
    await join(second, spaceId, host);
    await waitForMembership(host, spaceId, second, 'join');
    await join(second, roomId, host);
    await waitForMembership(host, roomId, second, 'join');
    await waitForSameState(host, second, roomId);

    await leave(guest, spaceId);
    await waitForMembership(host, spaceId, guest, 'leave');
    await leave(guest, roomId);
    await waitForMembership(host, roomId, guest, 'leave');
    await join(guest, roomId, host, 403);
    if (version < 10) return;
    const rule = { join_rule: 'knock_restricted', allow };
    await setState(host, roomId, 'm.room.join_rules', rule);
    await join(guest, spaceId, host);
    await waitForMembership(host, spaceId, guest, 'join');
    await join(guest, roomId, host);
    await waitForMembership(host, roomId, guest, 'join');
  },
};
