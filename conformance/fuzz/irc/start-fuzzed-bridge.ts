import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { parseBridgeConfig } from '@holdfast/irc-bridge/configuration/load-bridge-config.ts';
import { connectNetwork } from '@holdfast/irc-bridge/process/connect-network.ts';
import { startBridge } from '@holdfast/irc-bridge/process/start-bridge.ts';
import { type BridgeSql, openBridgeDatabase } from '@holdfast/irc-bridge/storage/open-bridge-database.ts';
import { FakeHomeserver } from '@holdfast/irc-bridge/testing/fake-homeserver.ts';
import { ScriptedIrcServer } from '@holdfast/irc-bridge/testing/scripted-irc-server.ts';

/** The bridge between a server of IRC that does as it is told and a homeserver in memory. */
export interface FuzzedBridge {
  readonly homeserver: FakeHomeserver;
  readonly irc: ScriptedIrcServer;
  readonly sql: BridgeSql;
  /** Of the one channel that is bridged, #room. */
  readonly roomId: string;
  /** Asks as the homeserver does; gives the status. */
  ask(method: string, path: string, body?: string): Promise<number>;
  stop(): Promise<void>;
}

const hsToken = 'token-of-the-homeserver';
const requestTimeoutMs = 20_000;
const alias = '#irc_net_#room:example.org';

export async function startFuzzedBridge(): Promise<FuzzedBridge> {
  const database = await createTestDatabase({ migrated: false });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fuzz-irc-'));
  const homeserver = new FakeHomeserver();
  // Long texts are uploaded, and IRC gets a link.
  const uploaded = { status: 200, body: { content_uri: 'mxc://example.org/uploaded' } };
  homeserver.refuse = (asked) => (asked === 'POST /_matrix/media/v3/upload' ? uploaded : undefined);
  await homeserver.start();
  const irc = await ScriptedIrcServer.start();
  const settings = {
    homeserver: { url: homeserver.url, server_name: 'example.org' },
    database_url: database.url,
    http: { port: 0, public_url: 'https://files.example.org' },
    limits: { waiting_messages: 1_000_000 },
    networks: {
      net: {
        servers: [{ host: '127.0.0.1', port: irc.port, tls: false }],
        nick: 'bridgebot',
        // Two people have connections, for the others the bot speaks.
        max_connections: 2,
        // Otherwise the first event that says so parts the room from the channel, and nobody is left to talk to.
        encrypted_rooms: true,
        flood: { burst_lines: 10_000, line_ms: 1 },
      },
    },
  };
  const config = parseBridgeConfig(JSON.stringify(settings), join(folder, 'irc-bridge.yaml'));
  const registration = { id: 'irc', as_token: 'token-of-the-bridge', hs_token: hsToken, sender_localpart: 'ircbridge' };
  await writeFile(config.registration, JSON.stringify(registration));
  const effects = { clock: systemClock, random: systemRandom, log: silentLog };
  const metrics = createMetrics({ processMetrics: false });
  const openNetwork = connectNetwork({ ...effects, metrics });
  const bridge = await startBridge({ ...effects, config, metrics, openNetwork });
  const sql = openBridgeDatabase(database.url, 1);
  const ask = async (method: string, path: string, body?: string) => {
    const url = `http://127.0.0.1:${bridge.port}/_matrix/app/v1${path}`;
    const headers = { Authorization: `Bearer ${hsToken}`, 'Content-Type': 'application/json' };
    const signal = AbortSignal.timeout(requestTimeoutMs);
    const reply = await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) });
    await reply.arrayBuffer();
    return reply.status;
  };
  await irc.receive(/^PING|^CAP END/);
  while ((await ask('GET', `/rooms/${encodeURIComponent(alias)}`)) !== 200) await systemClock.sleep(50);
  const roomId = homeserver.aliases.get(alias);
  if (roomId === undefined) throw new Error('the channel has no room');
  return {
    ...{ homeserver, irc, sql, roomId, ask },
    async stop() {
      await sql.end({ timeout: 1 });
      await bridge.stop();
      await irc.stop();
      await homeserver.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
