import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { FastifyInstance } from 'fastify';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import { emptyDecisionState } from '../decide/decide.ts';
import type { Observations } from '../observations/observations.ts';
import { archiveSource } from '../observe/archive.ts';
import { backupSlack, backupsSource } from '../observe/backups.ts';
import { bridgesSource } from '../observe/bridges.ts';
import { canariesSource } from '../observe/canaries.ts';
import { openCanaryUser, writeRegistration } from '../observe/canary-user.ts';
import { certificatesSource } from '../observe/certificates.ts';
import { checkOwnName } from '../observe/check-own-name.ts';
import { clocksSource } from '../observe/clocks.ts';
import { etcdSource } from '../observe/etcd.ts';
import { federationSource } from '../observe/federation.ts';
import { networkSource } from '../observe/network.ts';
import { findMetric, type MetricSample } from '../observe/parse-metrics.ts';
import { patroniSource } from '../observe/patroni.ts';
import { openPeerClocks } from '../observe/peer-clocks.ts';
import { postgresSource } from '../observe/postgres.ts';
import { processesSource } from '../observe/processes.ts';
import { reachabilitySource } from '../observe/reachability.ts';
import type { Source } from '../observe/source.ts';
import { pushSource, turnSource } from '../observe/turn-and-push.ts';
import { volumesSource } from '../observe/volumes.ts';
import { watchSources } from '../observe/watch-sources.ts';
import { listFolders } from '../observe/watched-folders.ts';
import { createMonitorTime } from '../platform/monitor-time.ts';
import { formatMonitorMetrics } from '../prometheus/format-monitor-metrics.ts';
import { openDiskReserve } from '../recover/disk-reserve.ts';
import type { MonitorState } from '../storage/monitor-state.ts';
import { openMonitorDatabase } from '../storage/open-monitor-database.ts';
import { readProcesses } from '../storage/read-processes.ts';
import { readShardOfRoom, readShards } from '../storage/read-shards.ts';
import { createPeopleServer } from './answer-people.ts';
import { buildWays } from './build-ways.ts';
import { openLeadership } from './leadership.ts';
import { MonitorRounds } from './monitor-rounds.ts';
import { describeStatus, publishStatus } from './publish-status.ts';
import { createReplyReader } from './read-chat-replies.ts';
import { recover } from './recover.ts';
import { serveMetrics } from './serve-metrics.ts';
import { serveStatus } from './serve-status.ts';
import { takeReplies } from './take-replies.ts';

export interface MonitorParts {
  readonly settings: MonitorSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly send: SendRequest;
}

export interface StartedMonitor {
  /** Where people reach it on this machine. */
  readonly url: string;
  readonly rounds: MonitorRounds;
  stop(): Promise<void>;
}

const beatTimeoutMs = 10_000;
const secretBytes = 32;

/** Starts watching. It needs neither the database nor the homeserver to be there. */
export async function startMonitor(parts: MonitorParts): Promise<StartedMonitor> {
  const { settings, clock, random, log, send } = parts;
  const time = createMonitorTime(clock);
  const sql = openMonitorDatabase(settings.database_url);
  const token = await writeRegistration(settings.registration_folder, settings.server_name, random);
  const sources = watchSources(listSources(parts, sql, token), { clock, log, nowMs: () => time.nowMs() });
  const ownName = `${hostname()} ${random.token(6)}`;
  const stateFile = join(settings.data_dir, 'monitor', 'state.json');
  const leadership = openLeadership(
    { sql, stateFile, ownName, peers: settings.peers, send, clock, time, log },
    random.token(secretBytes),
  );
  const { reserve_bytes: reserveBytes } = settings;
  const reserve =
    reserveBytes > 0 ? openDiskReserve(join(settings.data_dir, 'monitor', 'reserve'), reserveBytes) : undefined;
  const { server_name: serverName, status_folder: folder } = settings;
  const readStatus = (state: MonitorState) => describeStatus(serverName, state, sources.read());
  const rounds: MonitorRounds = new MonitorRounds({
    ...{ settings, time, clock, log, sources, leadership },
    ways: buildWays(settings.paging, { send, clock }),
    readSecret: () => leadership.secret,
    beat: () => callOutside(parts),
    recover: (recovery) => recover(recovery, { sql, reserve, dropSlotsOverBytes: settings.drop_slots_over_bytes, log }),
    readReserve: async () => reserve && { isHeld: await reserve.isHeld(), sizeBytes: reserve.sizeBytes },
    readReplies: createReplyReader(settings.paging, { send, clock, log }),
    publish: (state) => publishStatus({ sql, ownName, folder }, readStatus(state)),
  });
  const server = createPeopleServer({
    ...{ ownName, isLeader: () => leadership.isLeader, readSecret: () => leadership.secret },
    readState: () => rounds.state,
    readWallMs: () => clock.wallMs(),
    acknowledge: (incident, person) => rounds.acknowledge(incident, person),
  });
  takeReplies(server, {
    ...{ settings, readSecret: () => leadership.secret, readState: () => rounds.state },
    acknowledge: (incident, person, how) => rounds.acknowledge(incident, person, how),
  });
  serveMetrics(server, settings.metrics_token, () => describeMetrics(rounds, sources.read(), leadership.isLeader));
  serveStatus(server, () => (leadership.isLeader ? readStatus(rounds.state) : undefined));
  const url = await listen(server, settings, log);
  log.info({ url, name: ownName }, 'the monitor watches');
  const running = sources.first.then(() => rounds.run());
  return {
    ...{ url, rounds },
    async stop() {
      rounds.stop();
      await sources.close();
      await running;
      await leadership.release();
      await server.close();
      await sql.end({ timeout: 2 });
    },
  };
}

function describeMetrics(rounds: MonitorRounds, observations: Observations, isLeader: boolean): string {
  const { state, lastRoundMs } = rounds;
  return formatMonitorMetrics({
    ...{ isLeader, observations, decision: isLeader ? state.decision : emptyDecisionState },
    roundAgeMs: lastRoundMs === undefined ? undefined : observations.atMs - lastRoundMs,
    unanswered: isLeader ? state.escalations.filter(({ acknowledgement }) => !acknowledgement).length : 0,
  });
}

function listSources(
  { settings, clock, random, send }: MonitorParts,
  sql: ReturnType<typeof openMonitorDatabase>,
  token: string,
): Source[] {
  const metrics = new Map<string, readonly MetricSample[]>();
  const readMetrics = () => [...metrics.values()].flat();
  let askedMs = 0;
  let database: { databaseMs: number; askedMs: number; answeredMs: number } | undefined;
  let logLimitBytes: number | undefined;
  const urls = settings.processes.length > 0 ? settings.processes : [settings.homeserver_url];
  const user = openCanaryUser({ url: settings.homeserver_url, serverName: settings.server_name, token, send });
  const readProcessOffsets = () => {
    const offsets = [...metrics].map(([url, samples]) => {
      return [new URL(url).host, findMetric(samples, 'holdfast_clock_offset_seconds')] as const;
    });
    return new Map(offsets.flatMap(([name, seconds]) => (seconds === undefined ? [] : [[name, seconds * 1000]])));
  };
  const readPeerOffsets = openPeerClocks({ peers: settings.peers, send, clock });
  const all: Source[] = [
    processesSource({
      ...{ urls, metricsToken: settings.metrics_token, send, readEntries: () => readProcesses(sql) },
      onMetrics: (url, samples) => void metrics.set(url, samples),
    }),
    canariesSource(user, { list: () => readShards(sql), ofRoom: (roomId) => readShardOfRoom(sql, roomId) }, random),
    postgresSource({
      ask: (text) => {
        askedMs = clock.monotonicMs();
        return sql.unsafe(text);
      },
      replicas: settings.replicas,
      onDatabaseTime: (databaseMs) => {
        database = { databaseMs, askedMs, answeredMs: clock.monotonicMs() };
      },
      onLogLimit: (bytes) => {
        logLimitBytes = bytes;
      },
    }),
    volumesSource({ folders: listFolders(settings), readLogLimit: () => logLimitBytes, send }),
    clocksSource({ clock, readDatabaseClock: () => database, readProcessOffsets, readPeerOffsets }),
    networkSource(settings),
    bridgesSource({
      ...{ bridgeMetrics: settings.bridge_metrics, expected: settings.expected_activity, send },
      ...{ readProcessMetrics: readMetrics, nowMs: () => clock.wallMs() },
    }),
  ];
  if (settings.metrics_token !== undefined) all.push(federationSource(readMetrics));
  if (settings.backup_interval_ms !== undefined && settings.metrics_token !== undefined) {
    const intervalMs = settings.backup_interval_ms;
    all.push(backupsSource({ intervalMs, readProcessMetrics: readMetrics, nowMs: () => clock.wallMs() }));
  }
  if (settings.database_archive !== undefined) {
    const { folder, interval_ms: intervalMs } = settings.database_archive;
    all.push(archiveSource({ folder, allowedAgeMs: intervalMs * backupSlack, nowMs: () => clock.wallMs() }));
  }
  const files = settings.certificate === undefined ? [] : [settings.certificate];
  if (files.length + settings.certificates.length > 0) {
    all.push(certificatesSource({ files, places: settings.certificates, nowMs: () => clock.wallMs() }));
  }
  const { own_name_check: ownName, server_name: serverName } = settings;
  if (ownName) all.push(reachabilitySource({ serverName, check: () => checkOwnName(ownName) }));
  if (settings.patroni.length > 0) all.push(patroniSource(settings.patroni, send));
  if (settings.etcd.length > 0) all.push(etcdSource(settings.etcd, send));
  if (settings.turn.length > 0) all.push(turnSource(settings.turn));
  if (settings.push_gateways.length > 0) all.push(pushSource(settings.push_gateways, send));
  return all;
}

/** Where another program has the port, such as the monitor of another process on this machine, any free one will do. */
async function listen(server: FastifyInstance, { bind: host, port }: MonitorSettings, log: Log): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    log.warn({ port }, 'another program has the port of the monitor: its links work only with monitor.public_url');
    return server.listen({ host, port: 0 });
  }
}

async function callOutside({ settings, send, clock, log }: MonitorParts): Promise<void> {
  const { outside_switch_url: url } = settings;
  if (url === undefined) return;
  const deadline = startDeadline(beatTimeoutMs, 'calling the outside switch', { clock });
  try {
    const { status } = await send({ method: 'GET', url }, deadline);
    if (status < 200 || status > 299) log.warn({ status }, 'the outside switch did not take the call');
  } catch (error) {
    log.warn({ err: error }, 'the outside switch could not be called');
  } finally {
    deadline.finish();
  }
}
