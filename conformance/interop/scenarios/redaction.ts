import assert from 'node:assert/strict';
import { call, join, makeRoom, readEvent, say, until, waitForText } from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** One's own message, and as a moderator another's, lose their content on both servers; others' messages do not. */
export const redaction: Scenario = {
  name: 'redaction',
  async play({ host, guest, version }) {
    const roomId = await makeRoom(host, version);
    await join(guest, roomId, host);
    const redact = (user: typeof host, eventId: string, status = 200) => {
      const path = `/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/${encodeURIComponent(`r${eventId}`)}`;
      return call(user, 'PUT', path, { reason: 'a mistake' }, status);
    };
    const [mine, yours, kept] = [
      await say(guest, roomId, 'mine'),
      await say(guest, roomId, 'yours'),
      await say(host, roomId, 'kept'),
    ];
    for (const text of ['mine', 'yours']) await waitForText(host, roomId, text);
    await waitForText(guest, roomId, 'kept');
    await redact(guest, mine);
    await redact(host, yours);
    const reply = await guest.send(
      'PUT',
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(kept)}/x1`,
      { body: {} },
    );
    assert.equal(reply.status, 403, 'a member redacts nobody else');
    for (const user of [host, guest]) {
      for (const eventId of [mine, yours]) {
        await until(`${user.userId} sees the message redacted`, async () => {
          const event = await readEvent(user, roomId, eventId);
          return event && event.content.body === undefined;
        });
      }
      assert.equal((await readEvent(user, roomId, kept)).content.body, 'kept');
    }
  },
};
