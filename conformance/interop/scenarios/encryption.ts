import assert from 'node:assert/strict';
import { EventType, MsgType, Preset } from 'matrix-js-sdk';
import {
  type ChatClient,
  cryptoOf,
  logInAgain,
  startChatClient,
  waitForMembership,
  waitForMessage,
} from '../../clients/chat-client.ts';
import { until } from '../call-and-wait.ts';
import type { Scenario } from '../scenario.ts';

/** Device lists, key queries and claims, and to-device messages over servers, as real clients use them. */
export const encryption: Scenario = {
  name: 'encryption',
  async play({ host, guest, version }) {
    const clients: ChatClient[] = [];
    const open = async (baseUrl: string, login: typeof host) => {
      const client = await startChatClient(baseUrl, login);
      clients.push(client);
      return client;
    };
    try {
      const [alice, bob] = [await open(host.baseUrl, host), await open(guest.baseUrl, guest)];
      const { room_id: roomId } = await alice.client.createRoom({
        preset: Preset.TrustedPrivateChat,
        room_version: String(version),
        invite: [guest.userId],
        initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
      });
      await waitForMembership(bob, roomId, guest.userId, 'invite');
      await bob.client.joinRoom(roomId);
      await waitForMembership(alice, roomId, guest.userId, 'join');
      await converse(alice, bob, roomId, 'first');

      // A login that comes later is told to the other server, and what is said from then on is meant for it too.
      const laptop = await startChatClient(guest.baseUrl, await logInAgain(guest.baseUrl, guest));
      clients.push(laptop);
      await waitForMembership(laptop, roomId, guest.userId, 'join');
      await waitForOneTimeKeys(laptop);
      await until('the new device is known on the other server', async () => {
        const devices = await cryptoOf(alice.client).getUserDeviceInfo([guest.userId], true);
        return devices.get(guest.userId)?.has(laptop.login.deviceId);
      });
      await say(alice, roomId, 'to both devices');
      await Promise.all([bob, laptop].map((client) => waitForMessage(client, roomId, 'to both devices')));
    } finally {
      for (const client of clients) client.stop();
    }
  },
};

/**
 * Synapse tells other servers of a device before it has stored the one-time keys that were uploaded with it. Who claims
 * one in between gets none, and then what is said to the device cannot be read there.
 */
async function waitForOneTimeKeys({ client, login }: ChatClient): Promise<void> {
  await until(`the server has one-time keys of ${login.deviceId}`, async () => {
    const { one_time_key_counts: counts } = await client.uploadKeysRequest({});
    return Object.values(counts).some((count) => count > 0);
  });
}

async function converse(alice: ChatClient, bob: ChatClient, roomId: string, text: string): Promise<void> {
  await say(alice, roomId, `${text} from here`);
  const event = await waitForMessage(bob, roomId, `${text} from here`);
  assert.equal(event.getWireType(), 'm.room.encrypted', 'the message went over the servers encrypted');
  await say(bob, roomId, `${text} from there`);
  await waitForMessage(alice, roomId, `${text} from there`);
}

async function say({ client }: ChatClient, roomId: string, body: string): Promise<void> {
  await client.sendEvent(roomId, EventType.RoomMessage, { msgtype: MsgType.Text, body });
}
