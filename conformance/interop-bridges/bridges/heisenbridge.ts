import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { RawIrcClient } from '@holdfast/irc-bridge/testing/raw-irc-client.ts';
import { startIrcd } from '@holdfast/irc-bridge/testing/start-ircd.ts';
import { call, readTexts, say, until } from '../../interop/call-and-wait.ts';
import type { Act, BridgePlay } from '../bridge-play.ts';
import { acceptInvitation, countSaid, hear, openDirectChat } from '../world/chat.ts';
import { installFromPypi } from '../world/install-packages.ts';
import { type BridgeWorld, patienceMs } from '../world/start-bridge-world.ts';
import { type RunningProgram, startProgram } from '../world/start-program.ts';

const run = promisify(execFile);
const channel = '#tea';
const encode = encodeURIComponent;

/** Where the play takes place. */
interface Stage {
  readonly world: BridgeWorld;
  readonly alice: TestUser;
  readonly bob: RawIrcClient;
  readonly ircPort: number;
  /** Of the channel. */
  readonly roomId: string;
}

/** A bouncer for IRC, set up as its README says, with a real IRC server. */
export const heisenbridge: BridgePlay = {
  name: 'heisenbridge',
  async play(world, act) {
    const { folder: venv, version } = await installFromPypi(join(world.scratch, 'heisenbridge-venv'), ['heisenbridge']);
    const ircd = await startIrcd('ngircd');
    const alice = await world.makeUser('alice');
    const start = await setUp(world, venv);
    let bridge = start();
    const bob = await RawIrcClient.connect(ircd.port, 'bob');
    try {
      await bridge.waitForOutput('bridge is now running');
      await bob.join(channel);
      let roomId = '';
      await act('a channel is reached by commands in a direct chat', async () => {
        roomId = await openChannel(world, alice, ircd.port);
      });
      if (roomId === '') return version;
      const stage = { world, alice, bob, roomId, ircPort: ircd.port };
      await playMessages(stage, act);
      await act('a restart of the bridge: it finds its rooms and its network again', async () => {
        const joins = countJoins(bob);
        await bridge.kill();
        bridge = start();
        await bridge.waitForOutput('bridge is now running', 2);
        await until('the bridge joins the channel', async () => countJoins(bob) > joins, patienceMs);
        await talkBothWays(stage, 'after the restart of the bridge');
      });
      await act('a restart of the homeserver', async () => {
        await world.restartHomeserver();
        await talkBothWays(stage, 'after the restart of the homeserver');
      });
      return version;
    } finally {
      bob.close();
      await bridge.stop();
      await ircd.stop();
    }
  },
};

/** Generates the registration and gives it to the homeserver. Gives what starts the bridge. */
async function setUp(world: BridgeWorld, venv: string): Promise<() => RunningProgram> {
  const folder = world.folderOf('heisenbridge');
  await mkdir(folder, { recursive: true });
  const python = join(venv, 'bin', 'python');
  const registration = join(folder, 'heisenbridge.yaml');
  const port = await findFreePort();
  const listen = ['-l', '127.0.0.1', '-p', String(port)];
  await run(python, ['-m', 'heisenbridge', '-c', registration, '--generate', ...listen], { cwd: folder });
  const generated = await readFile(registration, 'utf8');
  const asToken = /^as_token: (\S+)$/m.exec(generated)?.[1] ?? '';
  // The links that people on IRC get lead to the bridge, which asks the homeserver for the file.
  await writeFile(registration, `${generated}\nheisenbridge:\n  media_url: http://127.0.0.1:${port}\n`);
  await world.register(registration, asToken);
  const args = ['-m', 'heisenbridge', '-c', registration, ...listen, world.baseUrl];
  return () => startProgram({ name: 'heisenbridge', program: python, args, folder });
}

/** Whoever first speaks to the bridge owns it. */
async function openChannel(world: BridgeWorld, alice: TestUser, ircPort: number): Promise<string> {
  const control = await openDirectChat(alice, `@heisenbridge:${world.serverName}`);
  await hear(alice, control, /Howdy/i);
  await say(alice, control, 'ADDNETWORK test');
  await hear(alice, control, /Network added/);
  await say(alice, control, `ADDSERVER test 127.0.0.1 ${ircPort}`);
  await hear(alice, control, /Server added/);
  await say(alice, control, 'OPEN test');
  const network = await acceptInvitation(alice);
  await say(alice, network, 'NICK alice');
  await say(alice, network, 'CONNECT');
  await hear(alice, network, /Welcome to the Internet Relay Network/);
  await say(alice, network, `JOIN ${channel}`);
  return acceptInvitation(alice);
}

async function playMessages({ world, alice, bob, roomId, ircPort }: Stage, act: Act): Promise<void> {
  const bobsPuppet = `@irc_test_bob:${world.serverName}`;
  await act('a message from Matrix comes to IRC', async () => {
    await say(alice, roomId, 'hello from Matrix');
    await hearOnIrc(bob, new RegExp(`:alice!\\S+ PRIVMSG ${channel} :hello from Matrix`));
  });
  await act('a message from IRC comes to Matrix, as from the person who said it', async () => {
    bob.send(`PRIVMSG ${channel} :hello from IRC`);
    const { sender } = await hear(alice, roomId, /^hello from IRC$/);
    assert.equal(sender, bobsPuppet);
    const { joined } = await call(alice, 'GET', `/rooms/${encode(roomId)}/joined_members`);
    assert.equal(joined[bobsPuppet]?.display_name, 'bob');
  });
  await act('actions and notices both ways', async () => {
    const path = `/rooms/${encode(roomId)}/send/m.room.message/action`;
    await call(alice, 'PUT', path, { msgtype: 'm.emote', body: 'waves' });
    await hearOnIrc(bob, /PRIVMSG #tea :\u0001ACTION waves\u0001/);
    bob.send(`PRIVMSG ${channel} :\u0001ACTION bows\u0001`);
    assert.equal((await hear(alice, roomId, /bows/)).content.msgtype, 'm.emote');
  });
  await act('an attachment is a link on IRC that gives the file', async () => {
    const file = 'a file of tea';
    const upload = await fetch(`${world.baseUrl}/_matrix/media/v3/upload?filename=tea.txt`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice.accessToken}`, 'content-type': 'text/plain' },
      body: file,
    });
    const { content_uri: url } = (await upload.json()) as { content_uri: string };
    const path = `/rooms/${encode(roomId)}/send/m.room.message/file`;
    await call(alice, 'PUT', path, { msgtype: 'm.file', body: 'tea.txt', url });
    const line = await hearOnIrc(bob, /PRIVMSG #tea :.*http:/);
    const link = /http:\S+/.exec(line)?.[0] ?? '';
    assert.equal(await (await fetch(link)).text(), file);
  });
  await act('twenty messages each way keep their order and come once', async () => {
    for (let index = 0; index < 20; index++) {
      await say(alice, roomId, `up ${index}`);
      bob.send(`PRIVMSG ${channel} :down ${index}`);
    }
    for (let index = 0; index < 20; index++) await hearOnIrc(bob, new RegExp(`PRIVMSG ${channel} :up ${index}$`));
    await hear(alice, roomId, /^down 19$/m);
    // The bridge puts lines that come quickly into one message.
    const lines = (await readTexts(alice, roomId)).toReversed().flatMap((body) => body.split('\n'));
    const down = lines.filter((line) => /^down \d+$/.test(line));
    assert.deepEqual(
      down,
      Array.from({ length: 20 }, (_, index) => `down ${index}`),
    );
  });
  await act('who leaves IRC leaves the room', async () => {
    const carol = await RawIrcClient.connect(ircPort, 'carol');
    await carol.join(channel);
    carol.send(`PRIVMSG ${channel} :soon gone`);
    await hear(alice, roomId, /^soon gone$/);
    carol.close();
    await until(
      'the puppet leaves',
      async () => {
        const { joined } = await call(alice, 'GET', `/rooms/${encode(roomId)}/joined_members`);
        return !(`@irc_test_carol:${world.serverName}` in joined);
      },
      patienceMs,
    );
  });
}

async function talkBothWays({ alice, bob, roomId }: Stage, body: string): Promise<void> {
  await say(alice, roomId, `up ${body}`);
  await hearOnIrc(bob, new RegExp(`PRIVMSG ${channel} :up ${body}$`));
  bob.send(`PRIVMSG ${channel} :down ${body}`);
  await hear(alice, roomId, new RegExp(`^down ${body}$`));
  assert.equal(await countSaid(alice, roomId, `down ${body}`), 1);
}

/** The next line that matches, waited for as long as what comes to Matrix. */
async function hearOnIrc(bob: RawIrcClient, pattern: RegExp): Promise<string> {
  const heard = async () => bob.wait(pattern).catch(() => undefined);
  return until(`IRC hears ${pattern.source}`, heard, patienceMs);
}

function countJoins(bob: RawIrcClient): number {
  return bob.lines.filter((line) => line.startsWith(':alice!') && line.includes(' JOIN ')).length;
}
