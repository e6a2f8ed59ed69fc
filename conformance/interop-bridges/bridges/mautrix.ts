import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { EventType, MsgType, Preset } from 'matrix-js-sdk';
import {
  type ChatClient,
  setUpEncryption,
  startChatClient,
  waitForMembership,
  waitForMessage,
} from '../../clients/chat-client.ts';
import { call } from '../../interop/call-and-wait.ts';
import type { Act, BridgePlay } from '../bridge-play.ts';
import { openDirectChat } from '../world/chat.ts';
import { installFromPypi } from '../world/install-packages.ts';
import type { BridgeWorld } from '../world/start-bridge-world.ts';
import { startProgram } from '../world/start-program.ts';
import { playEchoes, registerEcho, sayWhileDown } from './echo-acts.ts';

const program = join(import.meta.dirname, '../programs/echo_bot.py');
const id = 'mautrix';
const encode = encodeURIComponent;

/** An application service on mautrix (Python), with encryption as its bridges have it: MSC3202, MSC4190, MSC4203. */
export const mautrix: BridgePlay = {
  name: 'mautrix',
  async play(world, act) {
    const packages = ['mautrix[encryption]', 'asyncpg', 'aiosqlite'];
    const { folder: venv, version } = await installFromPypi(join(world.scratch, 'mautrix-venv'), packages);
    const folder = world.folderOf(id);
    const more = {
      'de.sorunome.msc2409.push_ephemeral': true,
      receive_ephemeral: true,
      'org.matrix.msc3202': true,
      'io.element.msc4190': true,
    };
    const { registration, port } = await registerEcho(world, id, more);
    const settings = join(folder, 'settings.json');
    const database = join(folder, 'keys.db');
    const { baseUrl: homeserver, serverName } = world;
    await writeFile(settings, JSON.stringify({ registration, port, homeserver, server_name: serverName, database }));
    const python = join(venv, 'bin', 'python');
    const start = () => startProgram({ name: id, program: python, args: [program, settings], folder });
    let running = start();
    try {
      await running.waitForOutput('echo service is ready');
      const user = await world.makeUser('emma');
      const roomId = await openDirectChat(user, `@${id}bot:${serverName}`);
      const restart = async () => {
        await running.kill();
        await sayWhileDown(user, roomId);
        running = start();
        await running.waitForOutput('echo service is ready', 2);
      };
      await playEchoes(world, act, { user, roomId, restart });
      await act('typing, receipts and presence are told', async () => {
        await call(user, 'PUT', `/rooms/${encode(roomId)}/typing/${encode(user.userId)}`, {
          typing: true,
          timeout: 9000,
        });
        await running.waitForOutput('ephemeral m.typing');
        await call(user, 'PUT', `/presence/${encode(user.userId)}/status`, { presence: 'unavailable' });
        await running.waitForOutput('ephemeral m.presence');
      });
      await playEncrypted(world, act, user, async () => {
        await running.kill();
        running = start();
        await running.waitForOutput('echo service is ready', 3);
      });
      return version;
    } finally {
      await running.stop();
    }
  },
};

/** A conversation with a client whose cryptography is that of matrix-rust-sdk. */
async function playEncrypted(
  world: BridgeWorld,
  act: Act,
  user: TestUser,
  restart: () => Promise<void>,
): Promise<void> {
  const bot = `@${id}bot:${world.serverName}`;
  const emma = await startChatClient(world.baseUrl, user);
  try {
    await setUpEncryption(emma);
    let roomId = '';
    await act('an encrypted message is read and answered, encrypted', async () => {
      roomId = await makeEncryptedRoom(emma, bot);
      await sayEncrypted(emma, roomId, 'a secret');
      const answer = await waitForMessage(emma, roomId, 'echo: a secret');
      assert.equal(answer.getWireType(), 'm.room.encrypted');
    });
    await act('its device is signed by its own user', async () => {
      const { device_keys: keys, master_keys: masters } = await call(user, 'POST', '/keys/query', {
        device_keys: { [bot]: [] },
      });
      const [device] = Object.values<{ signatures: Record<string, Record<string, string>> }>(keys[bot] ?? {});
      assert.ok(masters[bot], 'it has cross-signing keys');
      assert.equal(Object.keys(device?.signatures[bot] ?? {}).length, 2, 'signed by the device and by its user');
    });
    await act('a restart of the service: it has its device and its keys', async () => {
      await restart();
      await sayEncrypted(emma, roomId, 'another secret');
      await waitForMessage(emma, roomId, 'echo: another secret');
    });
  } finally {
    emma.stop();
  }
}

async function makeEncryptedRoom(emma: ChatClient, bot: string): Promise<string> {
  const { room_id: roomId } = await emma.client.createRoom({
    preset: Preset.TrustedPrivateChat,
    invite: [bot],
    initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
  });
  await waitForMembership(emma, roomId, bot, 'join');
  return roomId;
}

async function sayEncrypted({ client }: ChatClient, roomId: string, body: string): Promise<void> {
  await client.sendEvent(roomId, EventType.RoomMessage, { msgtype: MsgType.Text, body });
}
