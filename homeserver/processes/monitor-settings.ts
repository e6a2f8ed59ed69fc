import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../platform/config/config.ts';

/** Runs where the monitor does: what other servers find there is what counts. */
const ownNameProgram = fileURLToPath(new URL('../remote-servers/check/check-own-name.ts', import.meta.url));
const hourMs = 3_600_000;

/** What the monitor is told when it starts, by the names that it expects. */
export type MonitorSettings = Readonly<Record<string, unknown>>;

/** Whether there is somebody to whom a monitor could say anything. */
export function isMonitorWanted({ monitor }: Config): boolean {
  const { enabled, paging, statusFolder, outsideSwitchUrl } = monitor;
  return enabled && [paging, statusFolder, outsideSwitchUrl].some((each) => each !== undefined);
}

/** The monitor's section of the configuration, and what it has to know of this server. */
export function formatMonitorSettings(
  config: Config,
  server: { readonly serverName: string; readonly url: string; readonly databaseUrl: string },
): MonitorSettings {
  const { monitor, dataDir, media, metrics, tls, applicationServices, backup, federation } = config;
  return {
    ...{ server_name: server.serverName, homeserver_url: server.url, database_url: server.databaseUrl },
    ...{ data_dir: dataDir, media_dir: media.storePath ?? join(dataDir, 'media') },
    registration_folder: applicationServices.folder ?? join(dataDir, 'appservices'),
    ...{ metrics_token: metrics.token, certificate: tls.certificate },
    ...{ bind: monitor.bind, port: monitor.port, public_url: monitor.publicUrl },
    ...{ status_folder: monitor.statusFolder, outside_switch_url: monitor.outsideSwitchUrl },
    ...{ processes: monitor.processes, peers: monitor.peers, routes: monitor.routes, addresses: monitor.addresses },
    ...{ names: monitor.names, machines: monitor.machines, certificates: monitor.certificates },
    ...{ turn: monitor.turn, push_gateways: monitor.pushGateways, bridge_metrics: monitor.bridgeMetrics },
    ...{ is_database_embedded: config.database.url === undefined, volumes: monitor.volumes },
    ...(config.database.url === undefined &&
      backup.enabled && { backup_folder: backup.folder ?? join(dataDir, 'backups') }),
    ...(federation.enabled &&
      monitor.ownName && {
        own_name_check: {
          program: ownNameProgram,
          question: { server_name: server.serverName, homeserver_url: server.url, ca_file: federation.caFile },
        },
      }),
    expected_activity: monitor.expectedActivity,
    ...{ reserve_bytes: monitor.reserveBytes, drop_slots_over_bytes: monitor.dropSlotsOverBytes },
    ...(config.database.url === undefined && backup.enabled && { backup_interval_ms: backup.intervalHours * hourMs }),
    // Backups of a database that is run by others are their matter, where nobody says where they are.
    ...(config.database.url !== undefined &&
      monitor.databaseArchive !== undefined && {
        database_archive: { folder: monitor.databaseArchive, interval_ms: backup.intervalHours * hourMs },
      }),
    ...{ replicas: monitor.replicas, patroni: monitor.patroni, etcd: monitor.etcd, paging: monitor.paging ?? {} },
  };
}
