/** Machines that are to run one PostgreSQL: each has a PostgreSQL with its Patroni, and an etcd. */
export interface PatroniPlan {
  /** Named by their role, in their order: `db-1`, `db-2`, ... */
  readonly machines: readonly PatroniMachine[];
  readonly ports: PatroniPorts;
  /** Of PostgreSQL's programs, the same on all. */
  readonly binFolder: string;
  /** Each machine's data is in a folder with its name below this one. */
  readonly dataFolder: string;
  /** A folder that all machines share: PostgreSQL's logs are archived there, and a replica catches up from it. */
  readonly archiveFolder: string;
  /** Networks of the machines that Holdfast runs on, such as `10.0.0.0/24`. */
  readonly clients: readonly string[];
  readonly secrets: PatroniSecrets;
  /** `automatic`: used where there is one. `required`: a machine without a watchdog never becomes primary. */
  readonly watchdog: WatchdogMode;
  /** How much of the log the primary keeps for a replica that is away. */
  readonly slotKeepMebibytes: number;
}

export const watchdogModes = ['automatic', 'required', 'off'] as const;
export type WatchdogMode = (typeof watchdogModes)[number];

interface PatroniMachine {
  readonly name: string;
  readonly address: string;
}

interface PatroniPorts {
  readonly postgres: number;
  readonly patroni: number;
  readonly etcd: number;
  readonly etcdPeers: number;
}

export interface PatroniSecrets {
  readonly superuser: string;
  readonly replication: string;
  readonly holdfast: string;
  /** Of Patroni's own interface. */
  readonly restApi: string;
}

export const defaultPorts: PatroniPorts = { postgres: 5432, patroni: 8009, etcd: 2379, etcdPeers: 2380 };

/** Names come from the role and the place in the list, never from a machine's own name. */
export function nameMachines(addresses: readonly string[]): PatroniMachine[] {
  return addresses.map((address, index) => ({ name: `db-${index + 1}`, address }));
}

/** What Holdfast is given as `database.url`. */
export function formatDatabaseUrl({ machines, ports, secrets }: PatroniPlan): string {
  const hosts = machines.map(({ address }) => `${address.includes(':') ? `[${address}]` : address}:${ports.postgres}`);
  return `postgres://holdfast:${secrets.holdfast}@${hosts.join(',')}/holdfast`;
}
