import type { AnyJson } from '@holdfast/homeserver/testing/test-user.ts';
import { call, join, makeRoom, say, syncToken, syncUntil, waitForMembership, waitForText } from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** Typing, receipts, presence and to-device messages reach the other server's clients. */
export const ephemeral: Scenario = {
  name: 'typing, receipts, presence',
  async play({ host, guest, version }) {
    const roomId = await makeRoom(host, version);
    await join(guest, roomId, host);
    await waitForMembership(host, roomId, guest, 'join');
    const room = encodeURIComponent(roomId);
    for (const [actor, watcher] of [
      [host, guest],
      [guest, host],
    ] as const) {
      const eventId = await say(watcher, roomId, `read this, ${actor.userId}`);
      await waitForText(actor, roomId, `read this, ${actor.userId}`);
      const since = await syncToken(watcher);
      const ephemeralOf = (reply: AnyJson): AnyJson[] => reply.rooms?.join?.[roomId]?.ephemeral?.events ?? [];
      await call(actor, 'PUT', `/rooms/${room}/typing/${encodeURIComponent(actor.userId)}`, {
        typing: true,
        timeout: 20_000,
      });
      await syncUntil(`${watcher.userId} sees ${actor.userId} typing`, watcher, since, (reply) =>
        ephemeralOf(reply).find(({ type, content }) => type === 'm.typing' && content.user_ids.includes(actor.userId)),
      );
      await call(actor, 'POST', `/rooms/${room}/receipt/m.read/${encodeURIComponent(eventId)}`, {});
      await syncUntil(`${watcher.userId} sees the receipt of ${actor.userId}`, watcher, since, (reply) =>
        ephemeralOf(reply).find(
          ({ type, content }) => type === 'm.receipt' && content[eventId]?.['m.read']?.[actor.userId],
        ),
      );
      const path = `/presence/${encodeURIComponent(actor.userId)}/status`;
      await call(actor, 'PUT', path, { presence: 'online', status_msg: 'on the air' });
      await syncUntil(`${watcher.userId} sees the presence of ${actor.userId}`, watcher, since, (reply) => {
        const events: AnyJson[] = reply.presence?.events ?? [];
        return events.find(({ sender, content }) => sender === actor.userId && content.status_msg === 'on the air');
      });
      const messages = { [watcher.userId]: { [watcher.deviceId]: { text: 'psst' } } };
      await call(actor, 'PUT', `/sendToDevice/org.example.whisper/w${encodeURIComponent(eventId)}`, { messages });
      await syncUntil(`${watcher.userId} gets the message to his device`, watcher, since, (reply) => {
        const events: AnyJson[] = reply.to_device?.events ?? [];
        return events.find(({ sender, content }) => sender === actor.userId && content.text === 'psst');
      });
    }
  },
};
