import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startIrcdPair } from '@holdfast/irc-bridge/testing/start-ircd.ts';
import type { BenchUser } from '../../load/bench-user.ts';
import { registerUsers } from '../../load/register-users.ts';
import { requestJson, textMember } from '../../load/request-json.ts';
import { runConcurrently } from '../../load/run-concurrently.ts';
import { findFreePort } from '../../peers/run-server.ts';
import { type BenchServer, type BridgeRun, serverName } from '../bridge-run.ts';
import { IrcPerson } from './irc-person.ts';

type Ircd = Awaited<ReturnType<typeof startIrcdPair>>[number];

/** A channel with its room, somebody of Matrix in it, and people of both servers of the network. */
export interface BridgedChannel {
  readonly roomId: string;
  readonly user: BenchUser;
  readonly near: readonly IrcPerson[];
  /** On the server that can be lost. */
  far: readonly IrcPerson[];
}

export interface BridgedWorld {
  readonly server: BenchServer;
  readonly bridgePid: number;
  readonly channels: readonly BridgedChannel[];
  /** The people of IRC are members of their rooms after so long. */
  readonly membersSeconds: number;
  /** The bridge is connected to the other server. */
  readonly farServer: Ircd;
  /** People come to the far server and their channels, again or for the first time. */
  fill(): Promise<void>;
}

const network = 'bench';
const patienceMs = 240_000;
/** InspIRCd looks at who has connected once a second: many do that at once. */
const channelsAtOnce = 12;
const channelName = (index: number) => `#c${index}`;

/** Two linked servers of IRC, and a Holdfast process that runs the bridge, with everybody where they are to be. */
export async function makeBridgedWorld(run: BridgeRun): Promise<BridgedWorld> {
  const { ircUsers, ircChannels } = run.sizes;
  const [nearServer, farServer] = await startIrcdPair('inspircd');
  run.atEnd(() => Promise.all([nearServer.stop(), farServer.stop()]));
  const { server, bridgePid } = await startBridgingServer(run, nearServer.port);
  const users = await registerUsers(server, ircChannels);
  const roomIds = await runConcurrently(ircChannels, 4, (index) => enterPortal(users[index] as BenchUser, index));
  run.log(`${ircChannels} rooms for channels`);
  const startMs = performance.now();
  const each = ircUsers / ircChannels / 2;
  const come = (side: string, port: number, index: number) =>
    runConcurrently(each, each, (number) => IrcPerson.join(port, `${side}${index}x${number}`, channelName(index)));
  const channels = await runConcurrently(ircChannels, channelsAtOnce, async (index): Promise<BridgedChannel> => {
    const near = await come('near', nearServer.port, index);
    const channel = { roomId: roomIds[index] as string, user: users[index] as BenchUser, near, far: [] };
    return channel;
  });
  const fill = async () => {
    await runConcurrently(ircChannels, channelsAtOnce, async (index) => {
      (channels[index] as BridgedChannel).far = await come('far', farServer.port, index);
    });
  };
  run.atEnd(() => channels.flatMap(({ near, far }) => [...near, ...far]).forEach((person) => person.close()));
  await fill();
  run.log(`${ircUsers} people on IRC after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  await waitForMembers(channels, 2 * each);
  const membersSeconds = (performance.now() - startMs) / 1000;
  run.log(`all of them in their rooms after ${membersSeconds.toFixed(1)} s`);
  return { server, bridgePid, channels, membersSeconds, farServer, fill };
}

async function startBridgingServer(run: BridgeRun, ircPort: number) {
  const folder = join(run.folder, 'bridged');
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'irc-bridge.yaml');
  // The servers have no flood limit; what is measured is what comes beyond one.
  const settings = {
    ...{ servers: [{ host: '127.0.0.1', port: ircPort, tls: false }], nick: 'bridge', members: 'full' },
    ...{ flood: { burst_lines: 1_000, line_ms: 1 }, connect_pace_ms: 0 },
  };
  const http = { port: await findFreePort() };
  await writeFile(config, JSON.stringify({ http, networks: { [network]: settings } }));
  const server = await run.startServer([], { folder, env: { HOLDFAST_IRC_BRIDGE_CONFIG: config } });
  return { server, bridgePid: await findBridge(folder) };
}

/** The process of the bridge, by what Holdfast says of it, once each has reached the other. */
async function findBridge(folder: string): Promise<number> {
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs; await delay(50)) {
    const log = await readFile(join(folder, 'output.log'), 'utf8');
    const pid = /"childPid":(\d+)[^\n]*the IRC bridge starts/.exec(log)?.[1];
    if (pid !== undefined && log.includes('the homeserver reaches the bridge')) return Number(pid);
  }
  throw new Error(`the bridge did not start; see ${folder}`);
}

/** The room of a channel is made by joining its alias. */
async function enterPortal(user: BenchUser, index: number): Promise<string> {
  const alias = encodeURIComponent(`#irc_${network}_${channelName(index)}:${serverName}`);
  for (const endMs = performance.now() + patienceMs; ; await delay(200)) {
    try {
      const path = `/_matrix/client/v3/join/${alias}`;
      const reply = await requestJson(user.connection, 'POST', path, { token: user.token, body: {} });
      return textMember(reply, 'room_id');
    } catch (error) {
      // The network may not be connected yet.
      if (performance.now() > endMs) throw error;
    }
  }
}

async function waitForMembers(channels: readonly BridgedChannel[], people: number): Promise<void> {
  const endMs = performance.now() + patienceMs;
  for (const { roomId, user } of channels) {
    for (;;) {
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/joined_members`;
      const reply = await requestJson(user.connection, 'GET', path, { token: user.token });
      const members = Object.keys(reply['joined'] as object).filter((id) => id.startsWith(`@irc_${network}_`));
      if (members.length >= people) break;
      if (performance.now() > endMs) throw new Error(`${members.length} of ${people} people are in a room`);
      await delay(100);
    }
  }
}
