import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import postgres from 'postgres';
import { watchPool } from './watch-pool.ts';

export type BridgeSql = postgres.Sql<{ bigint: number }>;

const bigintType = 20;
const statementTimeoutMs = 5_000;
const reconnectAfterSeconds = 0.2;
const lookEveryMs = 5_000;
/** PostgreSQL itself ends what takes longer than `statementTimeoutMs`. */
const silenceMs = 2 * statementTimeoutMs;

/** The schema of the bridge's tables; everything else in the database belongs to others. */
export const bridgeSchema = 'irc_bridge';

/**
 * Opens a pool of connections. A lost one is opened again by the next query, so an outage of the database needs no
 * restart of the bridge, nor does one that hangs.
 */
export function openBridgeDatabase(url: string, poolSize = 6, clock: Clock = systemClock): BridgeSql {
  const settings: object = {
    max: poolSize,
    connect_timeout: 5,
    keep_alive: 10,
    backoff: () => reconnectAfterSeconds,
    target_session_attrs: 'primary',
    onnotice: () => {},
    connection: {
      application_name: 'holdfast irc-bridge',
      search_path: bridgeSchema,
      statement_timeout: statementTimeoutMs,
      lock_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
    },
    fetch_types: false,
    types: {
      // Positions and counters stay far below 2^53.
      bigint: { to: bigintType, from: [bigintType], serialize: String, parse: Number },
    },
  };
  const open = () => postgres(url, settings) as unknown as BridgeSql;
  return watchPool(open, { clock, everyMs: lookEveryMs, silenceMs });
}
