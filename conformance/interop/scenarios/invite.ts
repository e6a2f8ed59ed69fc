import assert from 'node:assert/strict';
import type { AnyJson } from '@holdfast/homeserver/testing/test-user.ts';
import {
  join,
  leave,
  makeRoom,
  moderate,
  say,
  syncRoom,
  until,
  waitForMembership,
  waitForSameState,
  waitForText,
} from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** An invitation that is accepted, one that is refused, and one that is taken back. */
export const invite: Scenario = {
  name: 'invite',
  async play({ host, guest, resident, version }) {
    const makePrivate = (name: string) => makeRoom(host, version, { preset: 'private_chat', name });
    const accepted = await makePrivate('for you');
    await join(guest, accepted, host, 403);
    await moderate(host, accepted, 'invite', guest);
    const invitation = await until('the guest sees the invitation', () => syncRoom(guest, 'invite', accepted));
    const stripped: AnyJson[] = invitation.invite_state.events;
    assert.ok(stripped.some(({ type, content }) => type === 'm.room.name' && content.name === 'for you'));
    assert.ok(stripped.some(({ type, state_key }) => type === 'm.room.member' && state_key === guest.userId));
    await join(guest, accepted, host);
    await waitForMembership(host, accepted, guest, 'join');
    await say(guest, accepted, 'thank you');
    await waitForText(host, accepted, 'thank you');
    await waitForSameState(host, guest, accepted);

    const refused = await makePrivate('not for you');
    await moderate(host, refused, 'invite', guest);
    await until('the guest sees the second invitation', () => syncRoom(guest, 'invite', refused));
    await leave(guest, refused);
    await waitForMembership(host, refused, guest, 'leave');
    assert.equal(await syncRoom(guest, 'invite', refused), undefined, 'a refused invitation is gone');

    const withdrawn = await makePrivate('a mistake');
    await moderate(host, withdrawn, 'invite', guest);
    await until('the guest sees the third invitation', () => syncRoom(guest, 'invite', withdrawn));
    await moderate(host, withdrawn, 'kick', guest);
    await until('the invitation is gone', async () => (await syncRoom(guest, 'invite', withdrawn)) === undefined);

    // Whoever is invited from outside can invite back: the visitor's server makes such events too.
    const third = await resident.makeUser('third');
    await moderate(guest, accepted, 'invite', third);
    await until('a user of the resident server sees the invitation', () => syncRoom(third, 'invite', accepted));
    await join(third, accepted, host);
    await waitForMembership(guest, accepted, third, 'join');
  },
};
