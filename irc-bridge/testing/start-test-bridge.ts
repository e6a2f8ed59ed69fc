import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { parseBridgeConfig } from '../configuration/load-bridge-config.ts';
import { sendRequest } from '../platform/send-request.ts';
import { type StartedBridge, startBridge } from '../process/start-bridge.ts';
import { FakeHomeserver } from './fake-homeserver.ts';
import { FakeIrcNetwork, openFakes } from './fake-irc-network.ts';

export interface TestBridge {
  readonly homeserver: FakeHomeserver;
  readonly irc: FakeIrcNetwork;
  readonly bridge: StartedBridge;
  readonly url: string;
  /** Sends a transaction of events as the homeserver does; gives the status. */
  transact(id: string, events: readonly object[]): Promise<number>;
  /** Ends the bridge and starts another one over the same database. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const hsToken = 'hs-token';

/** A message of a Matrix user. */
export function matrixMessage(roomId: string, body: string, more: object = {}): Record<string, unknown> {
  return {
    type: 'm.room.message',
    room_id: roomId,
    event_id: `$${systemRandom.token(9)}`,
    sender: '@alice:example.org',
    origin_server_ts: systemClock.wallMs(),
    content: { msgtype: 'm.text', body },
    ...more,
  };
}

/** A room that is joined to `#room`, or another channel, by its alias. */
export async function openRoom({ url, homeserver }: TestBridge, channel = '#room'): Promise<string> {
  const alias = `#irc_net_${channel}:example.org`;
  const headers = { Authorization: `Bearer ${hsToken}` };
  const asking = { method: 'GET', url: `${url}/_matrix/app/v1/rooms/${encodeURIComponent(alias)}`, headers };
  const { status } = await sendRequest(asking, startDeadline(10_000, 'a room'));
  if (status !== 200) throw new Error(`no room was made for ${channel}: ${status}`);
  return homeserver.aliases.get(alias) ?? '';
}

/** A bridge between fakes, over a database of its own. `network` is added to the network's configuration. */
export async function startTestBridge(network = '', root = '', clock: Clock = systemClock): Promise<TestBridge> {
  const database = await createTestDatabase({ migrated: false });
  const folder = await mkdtemp(join(tmpdir(), 'irc-bridge-'));
  const homeserver = new FakeHomeserver();
  await homeserver.start();
  const fakes = new Map<string, FakeIrcNetwork>();
  const irc = new FakeIrcNetwork('net');
  fakes.set('net', irc);
  const text = `
homeserver: { url: '${homeserver.url}', server_name: example.org }
database_url: '${database.url}'
http: { port: 0, public_url: 'https://files.example.org' }
status_token: status-token-status
${root}
networks:
  net:
    servers: [{ host: irc.example.org }]
${network.replace(/^/gm, '    ')}
`;
  const config = parseBridgeConfig(text, join(folder, 'irc-bridge.yaml'));
  const registration = `id: irc\nas_token: as-token\nhs_token: ${hsToken}\nsender_localpart: ircbridge\n`;
  await writeFile(config.registration, registration);
  const open = () =>
    startBridge({
      ...{ config, clock, random: systemRandom, log: silentLog },
      metrics: createMetrics({ processMetrics: false }),
      openNetwork: openFakes(fakes),
    });
  let bridge = await open();
  return {
    homeserver,
    irc,
    get bridge() {
      return bridge;
    },
    get url() {
      return `http://127.0.0.1:${bridge.port}`;
    },
    async transact(id, events) {
      const request = {
        method: 'PUT',
        url: `http://127.0.0.1:${bridge.port}/_matrix/app/v1/transactions/${id}`,
        headers: { Authorization: `Bearer ${hsToken}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ events }),
      };
      const answer = await sendRequest(request, startDeadline(10_000, 'a transaction'));
      return answer.status;
    },
    async restart() {
      await bridge.stop();
      bridge = await open();
    },
    async close() {
      await bridge.stop();
      await homeserver.close();
      await database.drop();
    },
  };
}
