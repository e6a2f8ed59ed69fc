import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type FoundEmbeddedPostgres,
  findEmbeddedPostgres,
} from '@holdfast/homeserver/platform/embedded-postgres/find-embedded-postgres.ts';
import { chooseFreePort } from '@holdfast/homeserver/platform/embedded-postgres/launch-postmaster.ts';
import { startDrillPostgres } from './drill-postgres.ts';
import { type KeptProgram, keepProgram } from './kept-program.ts';

const holdfast = fileURLToPath(new URL('../../homeserver/holdfast.js', import.meta.url));
const bridgeProgram = fileURLToPath(new URL('../../irc-bridge/process/irc-bridge.ts', import.meta.url));
const postgresProgram = fileURLToPath(new URL('postgres-program.ts', import.meta.url));
const processCount = 3;
const endDeadlineMs = 10_000;
export const serverName = 'drill.test';

export interface ColdMachineOptions {
  readonly folder: string;
  readonly ircPort: number;
  /** Of the fake pager, which is the address outside too. */
  readonly pagerUrl: string;
}

/** Everything that a server consists of, each part kept by a supervisor as deploy/systemd does, and none of it started. */
export interface ColdMachine {
  readonly programs: readonly KeptProgram[];
  /** Where clients reach the homeserver's processes. */
  readonly baseUrls: readonly string[];
  /** Folder of the database's logs in the archive. */
  readonly archive: string;
  findDatabase(): Promise<FoundEmbeddedPostgres>;
  /** Everything ends at the same moment, with kill -9. */
  cutPower(): Promise<void>;
}

/** Puts everything into place. The database is made, so that the others can be told where it is; nothing runs after that. */
export async function prepareColdMachine(options: ColdMachineOptions): Promise<ColdMachine> {
  const { folder } = options;
  const [data, backups, registrations] = ['database', 'backups', 'registrations'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [data, backups, registrations]) await mkdir(each);
  // PostgreSQL's own user writes there.
  await chmod(backups, 0o777);
  await (await startDrillPostgres(data, join(folder, 'postgres.log'))).stop();
  const findDatabase = async () => {
    const found = await findEmbeddedPostgres(data);
    if (!found) throw new Error('there is no database');
    return found;
  };
  const { url: databaseUrl } = await findDatabase();
  const ports = await chooseFreePorts(2 * processCount + 1);
  const baseUrls = ports.slice(0, processCount).map((port) => `http://127.0.0.1:${port}`);
  const shared = {
    ...{ HOLDFAST_DATABASE_URL: databaseUrl, HOLDFAST_SERVER_NAME: serverName, HOLDFAST_LOG_FORMAT: 'json' },
    HOLDFAST_APPLICATION_SERVICES_FOLDER: registrations,
  };
  const homeservers = baseUrls.map((_, index) => describeHomeserver(index, { folder, ports, shared }));
  for (const { environment } of homeservers) await mkdir(environment.HOLDFAST_DATA_DIR);
  const bridge = { name: 'the bridge', args: [bridgeProgram, '--config', join(folder, 'irc-bridge.yaml')] };
  const bridgePort = ports.at(-1) ?? 0;
  await writeBridgeConfig({ ...options, databaseUrl, registrations, homeserverUrl: baseUrls[0] ?? '', bridgePort });
  const postgres = { name: 'PostgreSQL', args: [postgresProgram, data, backups] };
  const kept = [
    ...[postgres, bridge].map((each) => ({ ...each, environment: {} })),
    ...homeservers,
    describeMonitor({ ...options, baseUrls, shared }),
  ];
  const programs = kept.map((each) =>
    keepProgram({ ...each, logFile: join(folder, `${each.name.replaceAll(' ', '-')}.log`) }),
  );
  return {
    ...{ programs, baseUrls, archive: join(backups, 'wal'), findDatabase },
    async cutPower() {
      const { pid } = await findDatabase();
      await Promise.all([...programs.map((program) => program.cutPower()), pid && endPostmaster(pid)]);
    },
  };
}

async function chooseFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await chooseFreePort(undefined));
  return [...ports];
}

interface Setting {
  readonly folder: string;
  readonly ports: readonly number[];
  readonly shared: Readonly<Record<string, string>>;
}

function describeHomeserver(index: number, { folder, ports, shared }: Setting) {
  const name = `homeserver ${index + 1}`;
  return {
    ...{ name, args: [holdfast, 'start'] },
    environment: {
      ...shared,
      HOLDFAST_DATA_DIR: join(folder, name.replace(' ', '-')),
      HOLDFAST_HTTP_PORT: String(ports[index]),
      HOLDFAST_PROCESS_INTERNAL_PORT: String(ports[processCount + index]),
      ...{ HOLDFAST_SHARDS_COUNT: '3', HOLDFAST_REGISTRATION_MODE: 'open', HOLDFAST_RATE_LIMITS_ENABLED: 'false' },
      ...{ HOLDFAST_PASSWORD_MEMORY_KIB: '1024', HOLDFAST_PASSWORD_ITERATIONS: '1' },
    },
  };
}

/** The monitor by itself, whose way to the outside is what shows that it watches. */
function describeMonitor({
  folder,
  pagerUrl,
  baseUrls,
  shared,
}: ColdMachineOptions & { baseUrls: readonly string[]; shared: Readonly<Record<string, string>> }) {
  const person = { reach: [{ notifier: 'pager', address: `${pagerUrl}/anna` }] };
  return {
    ...{ name: 'the monitor', args: [holdfast, 'monitor'] },
    environment: {
      ...shared,
      HOLDFAST_DATA_DIR: folder,
      HOLDFAST_MONITOR_PORT: '0',
      HOLDFAST_MONITOR_PROCESSES: baseUrls.join(','),
      HOLDFAST_MONITOR_OUTSIDE_SWITCH_URL: `${pagerUrl}/outside`,
      HOLDFAST_MONITOR_PAGING: JSON.stringify({
        notifiers: { pager: { kind: 'webhook' } },
        people: { anna: person },
      }),
    },
  };
}

interface BridgeSetting extends ColdMachineOptions {
  readonly databaseUrl: string;
  readonly registrations: string;
  readonly homeserverUrl: string;
  readonly bridgePort: number;
}

async function writeBridgeConfig(setting: BridgeSetting): Promise<void> {
  const { folder, registrations, databaseUrl, homeserverUrl, bridgePort, ircPort } = setting;
  const config = {
    homeserver: { url: homeserverUrl, server_name: serverName },
    registration: join(registrations, 'irc-bridge.yaml'),
    database_url: databaseUrl,
    key_file: join(folder, 'irc-bridge.key'),
    http: { port: bridgePort },
    networks: {
      drill: {
        servers: [{ host: '127.0.0.1', port: ircPort, tls: false }],
        ...{ nick: 'bridge', connect_pace_ms: 0, flood: { burst_lines: 1_000, line_ms: 1 } },
      },
    },
  };
  // JSON is YAML.
  await writeFile(join(folder, 'irc-bridge.yaml'), JSON.stringify(config));
}

/** Its other processes notice and end, too. */
async function endPostmaster(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  for (const endMs = performance.now() + endDeadlineMs; performance.now() < endMs; await wait(20)) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
  }
  throw new Error('PostgreSQL did not end');
}
