import { totalmem } from 'node:os';

export interface PostgresSettings {
  readonly port: number;
  /** Undefined where the path would be too long for a Unix socket. */
  readonly socketFolder: string | undefined;
  /** False only for throw-away clusters: a power cut then destroys the data. */
  readonly durable: boolean;
  readonly maxConnections: number;
  /** The machine's memory; PostgreSQL gets a small part of it. */
  readonly memoryBytes?: number;
  /** What PostgreSQL calls for every finished file of its log; none are kept without it. */
  readonly archiveCommand?: string | undefined;
  readonly recovery?: RecoverySettings | undefined;
}

/** How far a cluster that is made from a base backup goes on from it. */
export interface RecoverySettings {
  readonly restoreCommand: string;
  /** In any form that PostgreSQL reads as a time; undefined: to the end of the archived logs. */
  readonly targetTime: string | undefined;
  /** Undefined: the newest. */
  readonly timeline: number | undefined;
}

const mebibyte = 1024 * 1024;
/** A log that is written little is handed to the archive after this time all the same: what a lost disk costs at most. */
const archiveTimeoutSeconds = 60;

/** The text of postgresql.conf. It is written anew at every start, so changes belong into this function. */
export function formatPostgresConf(settings: PostgresSettings): string {
  const memoryMiB = Math.floor((settings.memoryBytes ?? totalmem()) / mebibyte);
  const sharedBuffersMiB = clamp(Math.floor(memoryMiB / 16), 32, 512);
  const lines: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port: settings.port,
    unix_socket_directories: settings.socketFolder ?? '',
    unix_socket_permissions: '0700',
    max_connections: settings.maxConnections,
    password_encryption: 'scram-sha-256',
    cluster_name: 'holdfast',
    shared_buffers: `${sharedBuffersMiB}MB`,
    effective_cache_size: `${Math.max(64, Math.floor(memoryMiB / 2))}MB`,
    work_mem: '4MB',
    maintenance_work_mem: `${clamp(Math.floor(memoryMiB / 32), 16, 256)}MB`,
    // Queries here are short look-ups by index: compiling them or splitting them up costs more than it saves.
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    random_page_cost: 1.1,
    wal_level: 'replica',
    wal_compression: 'on',
    max_wal_size: '1GB',
    min_wal_size: '80MB',
    // A standby that went away must not fill the disk with logs kept for it.
    max_slot_wal_keep_size: '4GB',
    idle_in_transaction_session_timeout: '60s',
    // Ends queries whose client is gone.
    client_connection_check_interval: '10s',
    log_destination: 'stderr',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    timezone: 'UTC',
    datestyle: 'ISO, YMD',
    log_min_duration_statement: '2s',
    // Parameters are people's messages and passwords.
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    lc_messages: 'C',
    lc_monetary: 'C',
    lc_numeric: 'C',
    lc_time: 'C',
    default_text_search_config: 'pg_catalog.simple',
    ...formatArchive(settings.archiveCommand),
    ...formatRecovery(settings.recovery),
    ...(settings.durable
      ? { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }
      : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', autovacuum_naptime: '5min' }),
  };
  const text = Object.entries(lines).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`);
  return `# Written by Holdfast at every start: what is changed here is lost.\n${text.join('')}`;
}

function formatArchive(command: string | undefined): Record<string, string | number> {
  if (command === undefined) return { archive_mode: 'off' };
  return { archive_mode: 'on', archive_command: command, archive_timeout: archiveTimeoutSeconds };
}

function formatRecovery(recovery: RecoverySettings | undefined): Record<string, string | number> {
  if (!recovery) return {};
  const { restoreCommand, targetTime, timeline } = recovery;
  return {
    restore_command: restoreCommand,
    recovery_target_timeline: timeline ?? 'latest',
    ...(targetTime !== undefined && { recovery_target_time: targetTime, recovery_target_action: 'promote' }),
    // Nobody reads meanwhile, and without readers the number of connections may differ from that of the backup.
    hot_standby: 'off',
  };
}

/** The text of pg_hba.conf: this machine only, and a password always. */
export function formatPostgresHba(): string {
  return [
    '# Written by Holdfast at every start: what is changed here is lost.',
    'local all all scram-sha-256',
    'host all all 127.0.0.1/32 scram-sha-256',
    'local replication all scram-sha-256',
    'host replication all 127.0.0.1/32 scram-sha-256',
    '',
  ].join('\n');
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
