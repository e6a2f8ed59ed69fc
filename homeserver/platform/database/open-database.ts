import postgres from 'postgres';
import { arrayTypes } from './array-types.ts';
import { encryptionOf } from './encrypt-socket.ts';
import { openWatchedSockets } from './watched-socket.ts';

export type Sql = postgres.Sql<{ bigint: number }>;

export interface DatabaseOptions {
  /** postgres:// URL; several hosts mean: find the primary. */
  readonly url: string;
  readonly poolSize: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Longest time a statement may run on the server. */
  readonly statementTimeoutMs: number;
  /** For how long the server may say nothing before the connection is given up; 2 s more than that unless set. */
  readonly silenceMs?: number;
}

const bigintType = 20;
const reconnectAfterSeconds = 0.2;
/** Dead connections that are idle are found out after twice this time. */
const keepAliveSeconds = 10;
/** Beyond the longest time of a statement: then the server, or the way to it, is gone. */
const silenceSlackMs = 2_000;

/**
 * Opens a pool of connections. Nothing is sent until the first query, and a lost connection is opened again by the
 * next query, so a database outage needs no restart.
 */
export function openDatabase(options: DatabaseOptions): Sql {
  const { silenceMs = options.statementTimeoutMs + silenceSlackMs } = options;
  // The client's own types do not know `socket`.
  const settings: object = {
    max: options.poolSize,
    connect_timeout: 5,
    keep_alive: keepAliveSeconds,
    ...openWatchedSockets(silenceMs, encryptionOf(options.url)),
    // The sockets see to it.
    ssl: false,
    // Reconnecting is paced here and not by exponential back-off: after an outage the first query must succeed.
    backoff: () => reconnectAfterSeconds,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName,
      statement_timeout: options.statementTimeoutMs,
      // A frozen process must not hold a shard's row lock for longer than its lease.
      idle_in_transaction_session_timeout: 2_000,
      standard_conforming_strings: 'on',
      lock_timeout: options.statementTimeoutMs,
      // Every query is written as index look-ups. Without this PostgreSQL plans whole-table joins while a young
      // database has no statistics yet, and keeps those plans.
      enable_hashjoin: 'off',
      enable_mergejoin: 'off',
      enable_seqscan: 'off',
    },
    fetch_types: false,
    types: {
      ...arrayTypes,
      // Positions and counters stay far below 2^53.
      bigint: { to: bigintType, from: [bigintType], serialize: String, parse: Number },
    },
  };
  return postgres(options.url, settings) as unknown as Sql;
}
