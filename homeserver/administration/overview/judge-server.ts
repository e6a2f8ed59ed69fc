/** What is known of the whole server at one moment. Times are milliseconds. */
export interface ServerObservation {
  readonly shards: readonly { readonly id: number; readonly isHeld: boolean }[];
  readonly processes: readonly {
    readonly id: string;
    readonly address: string;
    readonly silentMs: number;
    readonly clockOffsetMs: number;
  }[];
  readonly leaseMs: number;
  readonly readerAgeMs: number;
  readonly database: {
    readonly answeredInMs: number;
    readonly connections: number;
    readonly maxConnections: number;
    readonly wraparoundShare: number;
    readonly synchronousStandbys: string;
    readonly replicas: readonly {
      readonly name: string;
      readonly kind: string | null;
      readonly lagBytes: number | null;
    }[];
    readonly slots: readonly { readonly name: string; readonly isActive: boolean; readonly heldBytes: number | null }[];
  };
  readonly disk: { readonly freeBytes: number; readonly bytes: number };
  readonly appservices: readonly {
    readonly id: string;
    readonly state: string;
    readonly failures: number;
    readonly oldestMs: number | null;
    readonly lastError: string | null;
  }[];
  readonly failedTasks: number;
}

export interface Problem {
  /** `critical`: people notice now or data is in danger. `warning`: it will come to that. */
  readonly severity: 'critical' | 'warning';
  readonly what: string;
  readonly remedy: string;
  /** Where in the console more is shown. */
  readonly page: string;
}

const gibibyte = 1024 ** 3;
const clockToleranceMs = 2_000;
const readerToleranceMs = 5_000;
const slowDatabaseMs = 500;
const serviceToleranceMs = 60_000;

/** What is not as it should be, the worst first. Pure. */
export function judgeServer(seen: ServerObservation): Problem[] {
  const problems = [
    ...judgeProcesses(seen),
    ...judgeDatabase(seen.database),
    ...judgeDisk(seen.disk),
    ...judgeAppservices(seen),
    ...(seen.failedTasks > 0
      ? [warning(`${seen.failedTasks} tasks failed within a day`, 'See why, and start them again.', '/admin/tasks')]
      : []),
  ];
  return problems.sort((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'));
}

function* judgeProcesses({ shards, processes, leaseMs, readerAgeMs }: ServerObservation): Generator<Problem> {
  const page = '/admin/processes';
  const free = shards.filter(({ isHeld }) => !isHeld).map(({ id }) => id);
  if (free.length > 0) {
    const remedy =
      'A process takes it within seconds. If none does: start one, and see whether it reaches the database.';
    yield critical(`Nobody writes for shard ${free.join(', ')}`, remedy, page);
  }
  for (const { address, silentMs, clockOffsetMs } of processes) {
    if (silentMs > leaseMs * 2) {
      const remedy = 'Others have its shards. See whether its machine lives; its row is forgotten after an hour.';
      yield warning(`The process at ${address} has said nothing for ${Math.round(silentMs / 1000)} s`, remedy, page);
    } else if (Math.abs(clockOffsetMs) > clockToleranceMs) {
      const remedy =
        'Mend the time source of its machine (chronyc tracking, timedatectl). What it writes is dated right meanwhile.';
      yield warning(
        `The clock of the process at ${address} is wrong by ${Math.round(clockOffsetMs / 1000)} s`,
        remedy,
        page,
      );
    }
  }
  if (readerAgeMs > readerToleranceMs) {
    const remedy = 'People get messages late. See whether the database is slow or the process has too much to do.';
    yield critical(`This process last saw the log ${Math.round(readerAgeMs / 1000)} s ago`, remedy, page);
  }
}

function* judgeDatabase(database: ServerObservation['database']): Generator<Problem> {
  const page = '/admin/database';
  const { answeredInMs, connections, maxConnections, wraparoundShare, replicas, slots, synchronousStandbys } = database;
  if (answeredInMs > slowDatabaseMs) {
    yield warning(`The database took ${answeredInMs} ms for a simple question`, 'See its load and its disk.', page);
  }
  if (connections > maxConnections * 0.85) {
    const remedy = 'Make database.pool_size smaller, or max_connections of PostgreSQL larger.';
    yield warning(`${connections} of ${maxConnections} connections to the database are taken`, remedy, page);
  }
  if (wraparoundShare > 0.5) {
    const remedy = 'Autovacuum does not keep up: see its log, and long transactions. VACUUM (FREEZE) by hand helps.';
    const problem = `${Math.round(wraparoundShare * 100)} % of the transaction numbers are used up`;
    yield wraparoundShare > 0.85 ? critical(problem, remedy, page) : warning(problem, remedy, page);
  }
  if (synchronousStandbys !== '' && !replicas.some(({ kind }) => kind === 'sync' || kind === 'quorum')) {
    const remedy = 'Writes wait for it. Mend the standby, or have Patroni do so.';
    yield critical('PostgreSQL has no synchronous standby, and is set up to wait for one', remedy, page);
  }
  for (const { name, lagBytes } of replicas) {
    if ((lagBytes ?? 0) > gibibyte) {
      yield warning(`The replica ${name} is ${size(lagBytes ?? 0)} behind`, 'See its disk and network.', page);
    }
  }
  for (const { name, isActive, heldBytes } of slots) {
    if (!isActive && (heldBytes ?? 0) > gibibyte) {
      const remedy = `Nobody reads it, and the disk fills. If it is not needed any more: SELECT pg_drop_replication_slot('${name.replaceAll("'", "''")}').`;
      yield warning(`The replication slot ${name} holds ${size(heldBytes ?? 0)} of the log`, remedy, page);
    }
  }
}

function* judgeDisk({ freeBytes, bytes }: ServerObservation['disk']): Generator<Problem> {
  const share = bytes > 0 ? freeBytes / bytes : 1;
  const remedy =
    'Make room or a larger disk. Files of other servers go with media.remote_lifetime_ms; see Files for who stores most.';
  const problem = `Only ${size(freeBytes)} of the data folder’s disk are free`;
  if (share < 0.03 || freeBytes < gibibyte / 4) yield critical(problem, remedy, '/admin/media');
  else if (share < 0.1) yield warning(problem, remedy, '/admin/media');
}

function* judgeAppservices({ appservices }: ServerObservation): Generator<Problem> {
  const page = '/admin/appservices';
  for (const { id, state, failures, oldestMs, lastError } of appservices) {
    if (state === 'paused') {
      yield warning(`Nothing is sent to ${id}: it is paused`, 'Resume it when it is well again.', page);
    } else if (failures > 0 && (oldestMs ?? 0) > serviceToleranceMs) {
      const remedy = 'See whether it runs. What is for it waits. Where one event is the cause, pass that over.';
      yield warning(`${id} takes nothing${lastError === null ? '' : `: ${lastError}`}`, remedy, page);
    }
  }
}

function critical(what: string, remedy: string, page: string): Problem {
  return { severity: 'critical', what, remedy, page };
}

function warning(what: string, remedy: string, page: string): Problem {
  return { severity: 'warning', what, remedy, page };
}

function size(bytes: number): string {
  return bytes >= gibibyte ? `${(bytes / gibibyte).toFixed(1)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
}
