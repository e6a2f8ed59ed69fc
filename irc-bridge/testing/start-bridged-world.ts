import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findFreePort, runServer } from '@holdfast/benchmarks/peers/run-server.ts';
import { type MatrixPerson, startMatrixPerson } from '@holdfast/conformance/clients/matrix-person.ts';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { RawIrcClient } from './raw-irc-client.ts';
import { type Ircd, type IrcdName, ircdNames, startIrcd } from './start-ircd.ts';

const program = fileURLToPath(new URL('../../homeserver/holdfast.js', import.meta.url));
const statusToken = 'token-of-the-status';
const waitMs = 60_000;

type Settings = Readonly<Record<string, unknown>>;

export interface WorldOptions {
  /** Added to each network's settings. */
  readonly network?: Settings;
  /** Further networks by the end of their names, such as `relay`: one on each server, with these settings. */
  readonly variants?: Readonly<Record<string, Settings>>;
  /** Added to the bridge's settings; given the ports of the homeserver and of the bridge. */
  readonly root?: (ports: { readonly homeserver: number; readonly bridge: number }) => Settings | Promise<Settings>;
}

/** Both IRC servers, and a Holdfast process that runs the bridge to both of them. The server's name is `test.example`. */
export interface BridgedWorld {
  readonly ircds: Readonly<Record<IrcdName, Ircd>>;
  readonly homeserverUrl: string;
  readonly bridgeUrl: string;
  readonly databaseUrl: string;
  /** Registers somebody and starts a client. */
  person(localpart: string): Promise<MatrixPerson>;
  /** Somebody on IRC. */
  irc(name: IrcdName, nick: string): Promise<RawIrcClient>;
  status(): Promise<BridgeStatus>;
  /** Resolves when the status is as it should be. */
  untilStatus(isRight: (status: BridgeStatus) => boolean): Promise<BridgeStatus>;
  /** Asks the provisioning API; gives the status and the answer. */
  provision(path: string, body?: object): Promise<{ readonly status: number; readonly body: Settings }>;
  /** Ends the bridge's process as a crash does; Holdfast starts it again. */
  killBridge(): Promise<void>;
  stop(): Promise<void>;
}

interface QueueStatus {
  readonly entries: number;
  readonly oldestAgeMs?: number;
}

export interface BridgeStatus {
  readonly networks: readonly {
    readonly id: string;
    readonly isConnected: boolean;
    readonly userConnections: number;
    readonly newAccounts: { readonly made: number };
    readonly canary?: Readonly<Record<'matrix_to_irc' | 'irc_to_matrix', { isSilent: boolean; roundTripMs?: number }>>;
  }[];
  readonly queues: Readonly<Record<'matrix_to_irc' | 'irc_to_matrix', QueueStatus>>;
}

export async function startBridgedWorld(options: WorldOptions = {}): Promise<BridgedWorld> {
  const closers: (() => Promise<unknown> | void)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-bridged-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const [database, ngircd, inspircd, port, bridgePort] = await Promise.all([
      createTestDatabase(),
      startIrcd('ngircd'),
      startIrcd('inspircd'),
      findFreePort(),
      findFreePort(),
    ]);
    closers.push(
      () => database.drop(),
      () => Promise.all([ngircd.stop(), inspircd.stop()]),
    );
    const ircds = { ngircd, inspircd };
    await writeBridgeConfig(folder, ircds, { homeserver: port, bridge: bridgePort }, options);
    const server = await runServer({
      program: process.execPath,
      args: [program, 'start'],
      ...{ folder, port, env: homeserverSettings(folder, port, database.url) },
    });
    closers.push(() => server.stop());
    const bridgeUrl = `http://127.0.0.1:${bridgePort}`;
    const status = async (): Promise<BridgeStatus> =>
      (await (await fetch(`${bridgeUrl}/status`, { headers })).json()) as BridgeStatus;
    const world: BridgedWorld = {
      ...{ ircds, homeserverUrl: server.baseUrl, bridgeUrl, databaseUrl: database.url, status, stop },
      async person(localpart) {
        const person = await startMatrixPerson(server.baseUrl, localpart);
        closers.push(() => person.stop());
        return person;
      },
      async irc(name, nick) {
        const client = await RawIrcClient.connect(ircds[name].port, nick);
        closers.push(() => client.close());
        return client;
      },
      async untilStatus(isRight) {
        const endMs = Date.now() + waitMs;
        for (;;) {
          const now = await status().catch(() => undefined);
          if (now && isRight(now)) return now;
          if (Date.now() > endMs) {
            const log = await readFile(join(folder, 'output.log'), 'utf8');
            throw new Error(`the bridge's status is ${JSON.stringify(now)}; the log ends:\n${log.slice(-2_000)}`);
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
      killBridge: () => killBridge(folder),
      provision: (path, body) => provision(bridgeUrl, path, body),
    };
    await world.untilStatus(({ networks }) => networks.every(({ isConnected }) => isConnected));
    return world;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function killBridge(folder: string): Promise<void> {
  const pids = (await readFile(join(folder, 'output.log'), 'utf8')).matchAll(
    /"childPid":(\d+)[^\n]*the IRC bridge starts/g,
  );
  process.kill(Number([...pids].at(-1)?.[1]), 'SIGKILL');
}

const headers = { Authorization: `Bearer ${statusToken}`, 'Content-Type': 'application/json' };

async function provision(bridgeUrl: string, path: string, body?: object): Promise<{ status: number; body: Settings }> {
  const method = body ? 'POST' : 'GET';
  const text = body && { body: JSON.stringify(body) };
  const answer = await fetch(`${bridgeUrl}/provision/v1/${path}`, { method, headers, ...text });
  return { status: answer.status, body: (await answer.json()) as Settings };
}

function homeserverSettings(folder: string, port: number, databaseUrl: string): Record<string, string> {
  return {
    HOLDFAST_DATA_DIR: folder,
    HOLDFAST_SERVER_NAME: 'test.example',
    HOLDFAST_HTTP_PORT: String(port),
    HOLDFAST_DATABASE_URL: databaseUrl,
    HOLDFAST_REGISTRATION_MODE: 'open',
    HOLDFAST_RATE_LIMITS_ENABLED: 'false',
    HOLDFAST_PASSWORD_MEMORY_KIB: '1024',
    HOLDFAST_PASSWORD_ITERATIONS: '1',
    HOLDFAST_FEDERATION_KEY_SERVERS: '',
    HOLDFAST_IRC_BRIDGE_CONFIG: join(folder, 'irc-bridge.yaml'),
  };
}

/** One bridge for both networks, whose names are those of the servers; in one of them people are shown as they come. */
async function writeBridgeConfig(
  folder: string,
  ircds: Readonly<Record<IrcdName, Ircd>>,
  ports: { readonly homeserver: number; readonly bridge: number },
  { network, variants = {}, root }: WorldOptions,
): Promise<void> {
  const settingsOf = (name: IrcdName, more?: Settings) => ({
    servers: [{ host: '127.0.0.1', port: ircds[name].port, tls: false }],
    nick: 'bridge',
    flood: { burst_lines: 1_000, line_ms: 1 },
    connect_pace_ms: 0,
    leave_after_ms: 1_000,
    members: name === 'inspircd' ? 'full' : 'lazy',
    ...network,
    ...more,
  });
  const networks = ircdNames.flatMap((name) => [
    [name, settingsOf(name)] as const,
    ...Object.entries(variants).map(
      ([variant, more]) => [`${name}-${variant}`, settingsOf(name, { nick: variant, ...more })] as const,
    ),
  ]);
  const config = {
    http: { port: ports.bridge },
    status_token: statusToken,
    ...(await root?.(ports)),
    networks: Object.fromEntries(networks),
  };
  // JSON is YAML, and has no aliases where settings are shared.
  await writeFile(join(folder, 'irc-bridge.yaml'), JSON.stringify(config));
}
