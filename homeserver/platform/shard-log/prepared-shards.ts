import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { Context } from '../context.ts';
import { classifyDatabaseError } from '../database/database-error.ts';
import type { Sql } from '../database/open-database.ts';
import { type BatchStatement, emptyStatement } from './batch.ts';
import type { ShardMemory } from './command.ts';
import { openWriterConnection } from './open-writer-connection.ts';

/** What the next owner of a shard has ready before it gets it. */
export interface PreparedShard {
  readonly sql: Sql;
  readonly memories: ReadonlyMap<ShardMemory<unknown>, unknown>;
}

/** What the owner of a shard tells the next one of its memories, by their names. */
export type ToldOfMemories = Readonly<Record<string, unknown>>;

/** What is made ready for the next owner of a shard. */
export interface Preparation {
  /** Those of its memories that begin with what they have read before. */
  readonly memories: readonly ShardMemory<unknown>[];
  /** Those that most transactions have: a new session of PostgreSQL takes long for the first of each. */
  readonly statements: readonly BatchStatement[];
}

interface Waiting extends PreparedShard {
  readonly expiry: { cancel(): void };
}

/** A shard that is announced and does not come is forgotten after this time. */
const expiryMs = 10_000;
const prepareDeadlineMs = 4_000;

/**
 * Shards that this process is about to get: their connection is opened and what their memory begins with is read while
 * the owner before still serves.
 */
export class PreparedShards {
  readonly #context: Context;
  readonly #memories: readonly ShardMemory<unknown>[];
  readonly #warmUp: string;
  readonly #waiting = new Map<number, Waiting>();

  constructor(context: Context, { memories, statements }: Preparation) {
    this.#context = context;
    this.#memories = memories;
    this.#warmUp = statements.map((statement) => `${emptyStatement(statement)};\n`).join('');
  }

  /** Throws when the database is away or too slow; then nothing is left of it. */
  async prepare(shard: number, announced: ToldOfMemories): Promise<void> {
    this.#forget(shard);
    const { clock } = this.#context;
    const sql = openWriterConnection(this.#context, shard);
    try {
      const reading = Promise.all([
        Promise.all(
          this.#memories.map(async (memory) => memory.prepare?.(this.#context, shard, announced[memory.name])),
        ),
        this.#warm(sql),
      ]);
      const [read] = await withDeadline(reading, prepareDeadlineMs, `preparing shard ${shard}`, { clock });
      const expiry = clock.startTimer(expiryMs, () => this.#forget(shard));
      this.#waiting.set(shard, {
        sql,
        expiry,
        memories: new Map(this.#memories.map((memory, i) => [memory, read[i]])),
      });
    } catch (error) {
      sql.end({ timeout: 0 }).catch(() => {});
      throw error;
    }
  }

  /** Has the session do for nothing what its transactions will do. */
  async #warm(sql: Sql): Promise<void> {
    await sql.unsafe(`${this.#warmUp}SELECT 1`);
    // No shard has this number, and so the fence refuses it.
    await sql`SELECT advance_shard(-1::smallint, 0, 0, 0)`.catch((error: unknown) => {
      if (classifyDatabaseError(error) !== 'fenced') throw error;
    });
  }

  /** Whether the shard is about to come. */
  has(shard: number): boolean {
    return this.#waiting.has(shard);
  }

  /** Gives what was prepared to the shard's writer, which ends the connection some day. */
  take(shard: number): PreparedShard | undefined {
    const waiting = this.#waiting.get(shard);
    waiting?.expiry.cancel();
    this.#waiting.delete(shard);
    return waiting;
  }

  close(): void {
    for (const shard of [...this.#waiting.keys()]) this.#forget(shard);
  }

  #forget(shard: number): void {
    this.take(shard)
      ?.sql.end({ timeout: 0 })
      .catch(() => {});
  }
}
