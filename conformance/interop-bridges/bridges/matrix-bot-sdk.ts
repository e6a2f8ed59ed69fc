import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call, until } from '../../interop/call-and-wait.ts';
import type { BridgePlay } from '../bridge-play.ts';
import { openDirectChat } from '../world/chat.ts';
import { installFromNpm } from '../world/install-packages.ts';
import { patienceMs } from '../world/start-bridge-world.ts';
import { startProgram } from '../world/start-program.ts';
import { playEchoes, registerEcho, sayWhileDown } from './echo-acts.ts';

const program = join(import.meta.dirname, '../programs/echo-bot.cjs');
const id = 'sdk';
const encode = encodeURIComponent;

/** The SDK's program library of its cryptography comes from elsewhere than npm: without encryption. */
const cryptography = '@matrix-org/matrix-sdk-crypto-nodejs';

/** An application service on matrix-bot-sdk: puppets, questions for users, aliases and networks, ephemeral events. */
export const matrixBotSdk: BridgePlay = {
  name: 'matrix-bot-sdk',
  async play(world, act) {
    const install = join(world.scratch, 'matrix-bot-sdk');
    const { version } = await installFromNpm(install, 'matrix-bot-sdk', cryptography);
    const folder = world.folderOf(id);
    const more = { protocols: ['echo'], 'de.sorunome.msc2409.push_ephemeral': true };
    const { registration, port } = await registerEcho(world, id, more);
    const settings = join(folder, 'settings.json');
    const { baseUrl: homeserver, serverName } = world;
    await writeFile(settings, JSON.stringify({ registration, port, homeserver, serverName }));
    // Run where the SDK is installed; the output goes to the run's folder.
    const start = () =>
      startProgram({ name: id, program: process.execPath, args: [program, settings], folder, cwd: install });
    let running = start();
    try {
      await running.waitForOutput('echo service is ready');
      const user = await world.makeUser('dora');
      const roomId = await openDirectChat(user, `@${id}bot:${world.serverName}`);
      const restart = async () => {
        await running.kill();
        await sayWhileDown(user, roomId);
        running = start();
      };
      await playEchoes(world, act, { user, roomId, restart });
      await act('typing and receipts are told', async () => {
        await call(user, 'PUT', `/rooms/${encode(roomId)}/typing/${encode(user.userId)}`, {
          typing: true,
          timeout: 9000,
        });
        await running.waitForOutput('ephemeral m.typing');
      });
      await act('an unknown alias of its namespace: it makes the room', async () => {
        const alias = `#_${id}_tea:${world.serverName}`;
        const { room_id: joined } = await call(user, 'POST', `/join/${encode(alias)}`, {});
        const { name } = await call(user, 'GET', `/rooms/${encode(joined)}/state/m.room.name`);
        assert.equal(name, 'Made when asked for');
      });
      await act('an unknown user of its namespace: it makes the account, which joins when invited', async () => {
        const puppet = `@_${id}_new:${world.serverName}`;
        await call(user, 'POST', `/rooms/${encode(roomId)}/invite`, { user_id: puppet });
        await until(
          'the puppet joins',
          async () => {
            const { joined } = await call(user, 'GET', `/rooms/${encode(roomId)}/joined_members`);
            return joined[puppet]?.display_name === 'Made when asked for';
          },
          patienceMs,
        );
      });
      await act('a network of it is described', async () => {
        const { location_fields: fields } = await call(user, 'GET', '/thirdparty/protocol/echo');
        assert.deepEqual(fields, ['channel']);
      });
      return version;
    } finally {
      await running.stop();
    }
  },
};
