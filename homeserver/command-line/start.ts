import { createLog } from '@holdfast/effects/create-log.ts';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Metrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import type { RunningBackups } from '../platform/backups/run-backups.ts';
import type { Config } from '../platform/config/config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts';
import { isMonitorWanted } from '../processes/monitor-settings.ts';
import type { StartedHomeserver } from '../processes/start-homeserver.ts';
import type { SupervisedChild } from '../processes/supervise-child.ts';
import { type Command, CommandError, type CommandTerminal } from './command.ts';
import { embeddedPostgresOptions } from './embedded-postgres-options.ts';
import { keepBackups, openBackupBucket } from './keep-backups.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';

/** Beyond the time that requests have: for handing over the shards and closing the pool. */
const closingMs = 10_000;
const metricsTokenBytes = 24;

export const startCommand: Command = {
  summary: 'Start the homeserver, and its PostgreSQL unless database.url is set.',
  options: configOptions,
  async run(input, output) {
    const { config: written, file } = loadCommandConfig(input);
    const config = openMetricsToMonitor(written);
    let droppedRecords = 0;
    const log = createLog({ ...config.log, onDrop: () => void (droppedRecords += 1) });
    reportCrash(log);
    const stopRequested = waitForStopSignal(log);
    log.info({ dataDir: config.dataDir, file }, 'Holdfast starts');
    const starting = startDatabase(config, log);
    // Loading the server's code takes as long as PostgreSQL's start, so they go on at the same time.
    const [embedded, { startServer }, { startIrcBridge }, { startMonitor }] = await Promise.all([
      starting,
      import('../processes/start-server.ts'),
      import('../processes/supervise-irc-bridge.ts'),
      import('../processes/supervise-monitor.ts'),
    ]);
    try {
      const children: SupervisedChild[] = [];
      let backups: RunningBackups | undefined;
      const bucket = embedded && (await openBackupBucket(config));
      const databaseUrl = embedded?.url ?? config.database.url ?? '';
      const server = await startServer({
        ...{ config, databaseUrl, log },
        onHomeserver(homeserver) {
          observeProcess(homeserver.context.metrics, embedded, () => droppedRecords);
          backups = keepBackups({ context: homeserver.context, embedded, bucket, output });
          announce(homeserver, output);
          const started = [startIrcBridge(homeserver, databaseUrl), startMonitor(homeserver, databaseUrl)];
          children.push(...started.filter((child) => child !== undefined));
        },
      }).catch((error: unknown) => {
        log.error({ err: error }, 'the homeserver could not be started');
        throw new CommandError(explainFailedStart(error as NodeJS.ErrnoException, config));
      });
      if (server.setUpUrl) output.print(`\nName this server and make the first account at\n\n  ${server.setUpUrl}\n`);
      await stopRequested;
      await Promise.all([...children.map((child) => child.stop()), backups?.stop()]);
      const graceMs = config.process.shutdownGraceMs + closingMs;
      await withDeadline(server.stop(), graceMs, 'finishing what runs').catch((error: Error) => {
        log.error({ err: error }, 'the homeserver did not end cleanly');
      });
    } finally {
      await embedded?.stop();
    }
    log.info({}, 'Holdfast has ended');
    return 0;
  },
};

/** The monitor reads metrics too: where they have no token, one is made that nobody else knows. */
function openMetricsToMonitor(config: Config): Config {
  if (config.metrics.token !== undefined || !isMonitorWanted(config)) return config;
  return { ...config, metrics: { ...config.metrics, token: systemRandom.token(metricsTokenBytes) } };
}

/** Starts the embedded PostgreSQL where the configuration names none. */
async function startDatabase(config: Config, log: Log): Promise<EmbeddedPostgres | undefined> {
  if (config.database.url !== undefined) return undefined;
  try {
    return await startEmbeddedPostgres(embeddedPostgresOptions(config, log));
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n\`holdfast doctor\` may tell more.`);
  }
}

/** For people; the log has the rest. */
function explainFailedStart(error: NodeJS.ErrnoException & { port?: number }, { http, tls }: Config): string {
  if (error.name === 'CertificateError') return error.message;
  const isTls = tls.port !== undefined && error.port === tls.port;
  const { bind, port } = isTls ? { bind: tls.bind, port: tls.port } : http;
  const place = `${bind} port ${port}`;
  const key = isTls ? 'tls' : 'http';
  if (error.code === 'EADDRINUSE') {
    return `Another program listens on ${place} already. End it, or choose another port: HOLDFAST_${key.toUpperCase()}_PORT=${port + 1}`;
  }
  if (error.code === 'EACCES') return `This user may not listen on ${place}. Choose a port of 1024 or more.`;
  if (error.code === 'EADDRNOTAVAIL') return `This machine has no address ${bind} to listen on (${key}.bind).`;
  return `${error.message}\n\n\`holdfast doctor\` may tell more.`;
}

/**
 * Resolves at the first SIGINT or SIGTERM. The second one ends the process at once: PostgreSQL then goes on, and the
 * next start takes it over.
 */
function waitForStopSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (signal: NodeJS.Signals) => {
      if (asked) process.exit(1);
      asked = true;
      log.info({ signal }, 'ending: requests finish, shards are handed over; once more ends at once');
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    // A terminal that is closed takes its programs with it, which is no reason to skip the clean end.
    process.on('SIGHUP', stop);
  });
}

/** A bug that nobody caught: the state of the process is unknown, so it ends, and other processes take over. */
function reportCrash(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a bug in Holdfast ended this process; please report it');
    process.exit(1);
  });
}

function observeProcess(metrics: Metrics, embedded: EmbeddedPostgres | undefined, readDropped: () => number): void {
  metrics.observedGauge({
    name: 'holdfast_log_dropped_records',
    help: 'Records of the log that were dropped since the start because its reader does not keep up.',
    read: readDropped,
  });
  if (!embedded) return;
  metrics.observedGauge({
    name: 'holdfast_embedded_postgres_up',
    help: '1 while the PostgreSQL that Holdfast runs answers, else 0.',
    read: () => (embedded.readStatus().state === 'running' ? 1 : 0),
  });
  metrics.observedGauge({
    name: 'holdfast_embedded_postgres_restarts',
    help: 'How often the PostgreSQL that Holdfast runs had to be started again since the start.',
    read: () => embedded.readStatus().restarts,
  });
}

function announce({ context, url, setUpUrl }: StartedHomeserver, output: CommandTerminal): void {
  output.print(`\nHoldfast answers at ${url}/ as ${context.serverName}\n`);
  if (setUpUrl) output.print(`There is no administrator yet. Make the first account at\n\n  ${setUpUrl}\n`);
}
