import { DeadlineExceededError, withDeadline } from '@holdfast/effects/deadline.ts';
import { openDatabase, type Sql } from '../database/open-database.ts';
import type { PlatformContext } from '../platform-context.ts';
import type { ShardObservation } from './decide-leases.ts';

export interface ShardRow extends ShardObservation {
  readonly epoch: number;
}

export interface ProcessRow {
  readonly id: string;
  readonly address: string;
  /** Seen within the time of a lease; the others are kept for their address. */
  readonly live: boolean;
  /** False while it ends, rests, or has a wrong clock. */
  readonly takesShards: boolean;
  /** An operator asked it to give its shards to the others. */
  readonly rests: boolean;
  /** Of its machine, less the database's. */
  readonly clockOffsetMs: number;
}

/** What a process tells the others of itself. */
export type OwnProcess = Pick<ProcessRow, 'address' | 'takesShards' | 'clockOffsetMs'>;

export interface LeasesSeen {
  readonly shards: readonly ShardRow[];
  readonly processes: readonly ProcessRow[];
  /** The database's clock, in milliseconds since 1970. */
  readonly databaseMs: number;
}

/** What a shard's new owner begins with. */
export interface TakenShard {
  readonly epoch: number;
  readonly position: number;
}

/** Rows of processes that ended without saying so are deleted after this time. */
const forgottenAfter = '1 hour';

/**
 * What a process asks the database about leases, on a connection of its own: renewing must not wait behind readers. The
 * database's clock decides who holds what. Every call has the time of one lease; then the connection is given up and
 * the next call opens another.
 */
export class LeaseConnection {
  readonly #context: PlatformContext;
  readonly #processId: string;
  readonly #leaseMs: number;
  #sql: Sql | undefined;

  constructor(context: PlatformContext, processId: string) {
    this.#context = context;
    this.#processId = processId;
    this.#leaseMs = context.config.process.leaseMs;
  }

  /** Shows this process to the others, renews what it owns, and looks at all shards: in this order. */
  renewAndLook({ address, takesShards, clockOffsetMs }: OwnProcess): Promise<LeasesSeen> {
    return this.#within('renewing the shard leases', async (sql) => {
      // One connection runs them one after another.
      const [, , seen] = await Promise.all([
        sql`INSERT INTO process (id, address, takes_shards, clock_offset_ms)
          VALUES (${this.#processId}, ${address}, ${takesShards}, ${Math.round(clockOffsetMs)})
          ON CONFLICT (id) DO UPDATE SET address = excluded.address, takes_shards = excluded.takes_shards,
            clock_offset_ms = excluded.clock_offset_ms, seen_at = clock_timestamp()`,
        sql`UPDATE shard SET lease_until = clock_timestamp() + make_interval(secs => ${this.#leaseMs / 1000})
          WHERE owner = ${this.#processId} AND lease_until > '-infinity'`,
        this.#see(sql),
      ]);
      return seen;
    });
  }

  /** Looks at all shards. Unlike renewing it waits for no commit. */
  look(): Promise<LeasesSeen> {
    return this.#within('looking at the shard leases', (sql) => this.#see(sql));
  }

  async #see(sql: Sql): Promise<LeasesSeen> {
    const lease = this.#leaseMs / 1000;
    const [shards, processes] = await Promise.all([
      sql<(ShardRow & { databaseMs: number })[]>`
        SELECT id, epoch, owner, lease_until > clock_timestamp() AS held,
          extract(epoch FROM clock_timestamp())::float8 * 1000 AS "databaseMs"
        FROM shard ORDER BY id`,
      sql<ProcessRow[]>`
        SELECT id, address, seen_at > clock_timestamp() - make_interval(secs => ${lease}) AS live,
          takes_shards AND NOT rests AS "takesShards", rests, clock_offset_ms AS "clockOffsetMs"
        FROM process WHERE seen_at > clock_timestamp() - make_interval(secs => ${lease * 2}) ORDER BY id`,
    ]);
    return { shards: [...shards], processes: [...processes], databaseMs: shards[0]?.databaseMs ?? Number.NaN };
  }

  /** Deletes what processes that were killed have left. */
  forgetDeadProcesses(): Promise<void> {
    return this.#within('forgetting dead processes', async (sql) => {
      await sql`DELETE FROM process WHERE seen_at < clock_timestamp() - ${forgottenAfter}::interval`;
    });
  }

  /** Takes a shard that nobody holds; undefined when somebody was faster. Raising the epoch fences the owner before. */
  take(shard: number): Promise<TakenShard | undefined> {
    return this.#within(`taking shard ${shard}`, async (sql) => {
      const rows = await sql<TakenShard[]>`
        UPDATE shard SET owner = ${this.#processId}, epoch = epoch + 1,
          lease_until = clock_timestamp() + make_interval(secs => ${this.#leaseMs / 1000})
        WHERE id = ${shard} AND lease_until <= clock_timestamp() RETURNING epoch, position`;
      return rows[0];
    });
  }

  /** Begins a new epoch of a shard that this process holds; undefined when it does not hold it any more. */
  takeAgain(shard: number): Promise<TakenShard | undefined> {
    return this.#within(`taking shard ${shard} again`, async (sql) => {
      const rows = await sql<TakenShard[]>`
        UPDATE shard SET epoch = epoch + 1 WHERE id = ${shard} AND owner = ${this.#processId}
          AND lease_until > '-infinity' RETURNING epoch, position`;
      return rows[0];
    });
  }

  /** Makes another process the owner of a shard that this one holds; undefined when it does not hold it any more. */
  give(shard: number, processId: string): Promise<TakenShard | undefined> {
    return this.#within(`giving shard ${shard} away`, async (sql) => {
      const rows = await sql<TakenShard[]>`
        UPDATE shard SET owner = ${processId}, epoch = epoch + 1,
          lease_until = clock_timestamp() + make_interval(secs => ${this.#leaseMs / 1000})
        WHERE id = ${shard} AND owner = ${this.#processId} AND lease_until > '-infinity'
        RETURNING epoch, position`;
      return rows[0];
    });
  }

  /** Lets anybody take a shard of this process at once. */
  free(shard: number): Promise<void> {
    return this.#within(`freeing shard ${shard}`, async (sql) => {
      await sql`UPDATE shard SET lease_until = '-infinity' WHERE id = ${shard} AND owner = ${this.#processId}`;
    });
  }

  /** Frees all shards of this process and takes it off the list, at once: the others share what they see then. */
  leave(): Promise<void> {
    return this.#within('leaving', async (sql) => {
      await sql`WITH gone AS (DELETE FROM process WHERE id = ${this.#processId})
        UPDATE shard SET lease_until = '-infinity' WHERE owner = ${this.#processId}`;
    });
  }

  async close(): Promise<void> {
    await this.#sql?.end({ timeout: 1 });
  }

  async #within<T>(what: string, ask: (sql: Sql) => Promise<T>): Promise<T> {
    this.#sql ??= openDatabase({
      url: this.#context.databaseUrl,
      poolSize: 1,
      applicationName: 'holdfast leases',
      statementTimeoutMs: this.#leaseMs,
    });
    const sql = this.#sql;
    try {
      return await withDeadline(ask(sql), this.#leaseMs, what, { clock: this.#context.clock });
    } catch (error) {
      if (error instanceof DeadlineExceededError && this.#sql === sql) {
        this.#sql = undefined;
        sql.end({ timeout: 0 }).catch(() => {});
      }
      throw error;
    }
  }
}
