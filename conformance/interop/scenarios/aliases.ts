import assert from 'node:assert/strict';
import { call, join, makeRoom, serverOf, setState, until, waitForMembership, waitForState } from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** Names lead over servers to the room, the directory of the other server lists it, and profiles are known there. */
export const aliases: Scenario = {
  name: 'aliases',
  async play({ host, guest, version }) {
    const localpart = `room-${host.userId.slice(1).split(':')[0]}`;
    const alias = `#${localpart}:${serverOf(host.userId)}`;
    const roomId = await makeRoom(host, version, {
      room_alias_name: localpart,
      name: 'found by name',
      visibility: 'public',
    });
    const found = await call(guest, 'GET', `/directory/room/${encodeURIComponent(alias)}`);
    assert.equal(found.room_id, roomId);
    assert.ok(found.servers.includes(serverOf(host.userId)));
    await call(
      guest,
      'GET',
      `/directory/room/${encodeURIComponent(`${alias.replace(':', '-none:')}`)}`,
      undefined,
      404,
    );

    const server = encodeURIComponent(serverOf(host.userId));
    await until('the directory of the other server lists the room', async () => {
      const filter = { filter: { generic_search_term: 'found by name' }, limit: 500 };
      const { chunk } = await call(guest, 'POST', `/publicRooms?server=${server}`, filter);
      return chunk.some((room: { room_id: string }) => room.room_id === roomId);
    });
    const joined = await call(guest, 'POST', `/join/${encodeURIComponent(alias)}`, {});
    assert.equal(joined.room_id, roomId);
    await waitForMembership(host, roomId, guest, 'join');

    await call(host, 'PUT', `/profile/${encodeURIComponent(host.userId)}/displayname`, { displayname: 'The Host' });
    await waitForState(guest, roomId, 'm.room.member', ({ displayname }) => displayname === 'The Host', host.userId);
    await until('the profile of the other server is known', async () => {
      const reply = await guest.send('GET', `/_matrix/client/v3/profile/${encodeURIComponent(host.userId)}`);
      return reply.status === 200 && reply.body.displayname === 'The Host';
    });

    const spaceId = await makeRoom(host, version, { creation_content: { type: 'm.space' }, name: 'a space' });
    await setState(host, spaceId, 'm.space.child', { via: [serverOf(host.userId)] }, roomId);
    await join(guest, spaceId, host);
    const path = `/_matrix/client/v1/rooms/${encodeURIComponent(spaceId)}/hierarchy`;
    await until('the space shows its rooms', async () => {
      const { rooms } = await call(guest, 'GET', path);
      return [spaceId, roomId].every((id) => rooms.some((room: { room_id: string }) => room.room_id === id));
    });
  },
};
