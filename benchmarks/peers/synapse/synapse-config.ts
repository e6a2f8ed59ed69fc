import { join } from 'node:path';

export interface SynapseSetting {
  readonly dataFolder: string;
  readonly serverName: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly registrationSecret: string;
}

export const noLimit = { per_second: 1_000_000, burst_count: 1_000_000 };

/**
 * Synapse's configuration (JSON is YAML): one process as it comes, with its rate limits out of the way, no federation
 * partners, cheap password hashes, because registering is not what is measured, and presence off, as its own manual
 * advises for speed: with it on, 100 waiting users keep one process busy with each other.
 */
export function synapseConfig(setting: SynapseSetting): Record<string, unknown> {
  const database = new URL(setting.databaseUrl);
  return {
    server_name: setting.serverName,
    pid_file: join(setting.dataFolder, 'homeserver.pid'),
    listeners: [
      {
        port: setting.port,
        bind_addresses: ['127.0.0.1'],
        type: 'http',
        tls: false,
        x_forwarded: false,
        resources: [{ names: ['client'], compress: false }],
      },
    ],
    database: {
      name: 'psycopg2',
      args: {
        user: decodeURIComponent(database.username),
        password: decodeURIComponent(database.password),
        dbname: database.pathname.slice(1),
        host: database.hostname,
        port: Number(database.port || 5432),
        cp_min: 5,
        cp_max: 10,
      },
    },
    log_config: join(setting.dataFolder, 'log.yaml'),
    media_store_path: join(setting.dataFolder, 'media'),
    signing_key_path: join(setting.dataFolder, 'signing.key'),
    registration_shared_secret: setting.registrationSecret,
    report_stats: false,
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    bcrypt_rounds: 4,
    presence: { enabled: false },
    ...limitsOff(),
  };
}

function limitsOff(): Record<string, unknown> {
  return {
    rc_message: noLimit,
    rc_registration: noLimit,
    rc_login: { address: noLimit, account: noLimit, failed_attempts: noLimit },
    rc_joins: { local: noLimit, remote: noLimit },
    rc_joins_per_room: noLimit,
    rc_invites: { per_room: noLimit, per_user: noLimit, per_issuer: noLimit },
    rc_room_creation: noLimit,
    rc_presence: { per_user: noLimit },
    rc_admin_redaction: noLimit,
  };
}

/** Warnings and errors only, into one file. */
export function synapseLogConfig(dataFolder: string): Record<string, unknown> {
  return {
    version: 1,
    formatters: { plain: { format: '%(asctime)s %(name)s %(levelname)s %(message)s' } },
    handlers: {
      file: { class: 'logging.FileHandler', formatter: 'plain', filename: join(dataFolder, 'synapse.log') },
    },
    root: { level: 'WARNING', handlers: ['file'] },
    disable_existing_loggers: false,
  };
}
