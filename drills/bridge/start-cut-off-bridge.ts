import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startDrillPostgres } from '../cluster/drill-postgres.ts';
import { type SpawnedProgram, spawnProgram } from '../cluster/spawn-program.ts';
import type { CutNetwork } from './cut-network.ts';

const program = fileURLToPath(new URL('../../irc-bridge/process/irc-bridge.ts', import.meta.url));
const startTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;

/** What the network is called in aliases and names. */
export const networkId = 'drill';
export const bridgePort = 9_898;
export const statusToken = 'token-of-the-drills-bridge';

export interface BridgeOptions {
  readonly folder: string;
  /** Of registrations of application services, where the bridge's goes. */
  readonly registrations: string;
  readonly network: CutNetwork;
  readonly homeserverPort: number;
  readonly ircPort: number;
}

export interface CutOffBridge {
  readonly process: SpawnedProgram;
  stop(): Promise<void>;
}

/** Starts the IRC bridge and its own PostgreSQL inside a network that can be cut. The homeserver has to be there. */
export async function startCutOffBridge(options: BridgeOptions): Promise<CutOffBridge> {
  const { folder, network } = options;
  const [enter, ...entering] = network.enter;
  const spawn: typeof spawnProgram = (args, more) =>
    spawnProgram([...entering, process.execPath, ...args], { ...more, program: enter });
  await mkdir(folder, { mode: 0o711 });
  const postgres = await startDrillPostgres(folder, join(folder, 'postgres.log'), spawn);
  try {
    const file = join(folder, 'irc-bridge.yaml');
    await writeFile(file, JSON.stringify(describeBridge(options, postgres.url)));
    const bridge = spawn([program, '--config', file], { logFile: join(folder, 'bridge.log') });
    await bridge.waitForLine(/the homeserver reaches the bridge/, startTimeoutMs);
    return {
      process: bridge,
      async stop() {
        bridge.signal('SIGTERM');
        const late = setTimeout(() => bridge.signal('SIGKILL'), stopTimeoutMs);
        await bridge.ended;
        clearTimeout(late);
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

function describeBridge({ registrations, network, homeserverPort, ircPort }: BridgeOptions, databaseUrl: string) {
  return {
    homeserver: { url: `http://${network.homeserverAddress}:${homeserverPort}`, server_name: 'drill.test' },
    registration: join(registrations, 'irc-bridge.yaml'),
    database_url: databaseUrl,
    http: { bind: '0.0.0.0', port: bridgePort, url: `http://${network.insideAddress}:${bridgePort}` },
    status_token: statusToken,
    networks: {
      [networkId]: {
        servers: [{ host: network.ircAddress, port: ircPort, tls: false }],
        nick: 'bridge',
        // As a network allows a bridge that it knows.
        flood: { burst_lines: 1_000, line_ms: 1 },
        connect_pace_ms: 100,
        canary: { channel: '#canary' },
      },
    },
  };
}
