import type { EscalationPolicyTimes, MaintenanceSettings, PersonSettings, RosterSettings } from './paging-settings.ts';

/**
 * What the monitor is told when it starts, as one line of JSON over its standard input: its section of holdfast.yaml, and
 * what it has to know of the server. Names are those of the file.
 */
export interface MonitorSettings {
  readonly server_name: string;
  /** Where the homeserver answers clients. */
  readonly homeserver_url: string;
  readonly database_url: string;
  readonly data_dir: string;
  readonly media_dir: string;
  /** The homeserver runs PostgreSQL in its data folder. */
  readonly is_database_embedded: boolean;
  /** Where the homeserver makes backups; not there where it makes none. */
  readonly backup_folder?: string;
  readonly volumes: readonly VolumeSettings[];
  /** Folder of the registrations of application services: the canaries' user is one. */
  readonly registration_folder: string;
  readonly metrics_token?: string;
  readonly certificate?: string;
  readonly bind: string;
  readonly port: number;
  /** Where people reach it, for the links in pages. */
  readonly public_url?: string;
  readonly status_folder?: string;
  readonly outside_switch_url?: string;
  /** Addresses of the homeserver's processes; the one above where there is none. */
  readonly processes: readonly string[];
  /** Addresses of the other monitors. */
  readonly peers: readonly string[];
  readonly routes: readonly string[];
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  /** `host:port` of machines that have to be reached. */
  readonly machines: readonly string[];
  /** `host:port` where certificates are served. */
  readonly certificates: readonly string[];
  /** How the homeserver looks for itself by its name; not there where it has nothing to do with other servers. */
  readonly own_name_check?: { readonly program: string; readonly question: Readonly<Record<string, unknown>> };
  readonly turn: readonly string[];
  readonly push_gateways: readonly string[];
  /** Addresses of `/metrics` of bridges. */
  readonly bridge_metrics: readonly string[];
  /** Application services that have to be heard of. */
  readonly expected_activity: readonly { readonly service: string; readonly within_minutes: number }[];
  readonly replicas: readonly string[];
  /** Of the machines of a PostgreSQL that fails over: their Patronis and the members of their etcd. */
  readonly patroni: readonly string[];
  readonly etcd: readonly string[];
  /** Room that is given to the database when its volume is full; 0: none. */
  readonly reserve_bytes: number;
  readonly drop_slots_over_bytes?: number;
  /** How often the homeserver makes a base backup; not there where it makes none. */
  readonly backup_interval_ms?: number;
  /** Of a PostgreSQL that is run by others, where somebody says where its backups are. */
  readonly database_archive?: { readonly folder: string; readonly interval_ms: number };
  readonly paging: PagingSettings;
}

export interface VolumeSettings {
  readonly path: string;
  readonly holds: string;
  /** Of the node exporter on whose machine it is; this machine's where there is none. */
  readonly exporter?: string;
}

export interface PagingSettings {
  readonly notifiers?: Readonly<Record<string, NotifierEntry>>;
  readonly people?: Readonly<Record<string, PersonSettings>>;
  readonly team?: readonly { readonly notifier: string; readonly address: string }[];
  readonly roster?: RosterSettings;
  readonly escalation?: EscalationPolicyTimes;
  readonly maintenance?: readonly MaintenanceSettings[];
}

/** Checked when the configuration is read; what the kinds need stands with the notifiers. */
export type NotifierEntry = { readonly kind: string } & Readonly<Record<string, unknown>>;
