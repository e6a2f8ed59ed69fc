import assert from 'node:assert/strict';
import {
  call,
  join,
  leave,
  makeRoom,
  moderate,
  serverOf,
  syncRoom,
  until,
  waitForMembership,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** A knock that is let in, one that is turned away, and one that is taken back. */
export const knock: Scenario = {
  name: 'knock',
  sinceVersion: 7,
  async play({ host, guest, visitor, version }) {
    const makeKnockable = () =>
      makeRoom(host, version, {
        name: 'knock first',
        initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
      });
    const knockOn = (roomId: string) => {
      const via = encodeURIComponent(serverOf(host.userId));
      const path = `/knock/${encodeURIComponent(roomId)}?via=${via}&server_name=${via}`;
      return call(guest, 'POST', path, { reason: 'may I?' });
    };
    const opened = await makeKnockable();
    await join(guest, opened, host, 403);
    await knockOn(opened);
    await waitForMembership(host, opened, guest, 'knock');
    const knocked = await until('the guest sees his knock', () => syncRoom(guest, 'knock', opened));
    assert.ok(knocked.knock_state.events.some(({ type }: { type: string }) => type === 'm.room.name'));
    await moderate(host, opened, 'invite', guest);
    await until('the knock became an invitation', () => syncRoom(guest, 'invite', opened));
    await join(guest, opened, host);
    await waitForMembership(host, opened, guest, 'join');

    const closed = await makeKnockable();
    await knockOn(closed);
    await waitForMembership(host, closed, guest, 'knock');
    await moderate(host, closed, 'kick', guest);
    await waitForMembership(host, closed, guest, 'leave');
    // The guest's server may not have been told, and nothing keeps him from asking again.
    await knockOn(closed);
    await waitForMembership(host, closed, guest, 'knock');

    const regretted = await makeKnockable();
    await knockOn(regretted);
    await waitForMembership(host, regretted, guest, 'knock');
    await leave(guest, regretted);
    await until('the knock is taken back', async () => (await syncRoom(guest, 'knock', regretted)) === undefined);
    // Synapse takes it back at home only, because it does not know any more through whom it knocked.
    if (visitor.kind !== 'synapse') await waitForMembership(host, regretted, guest, 'leave');
  },
};
