import type { Context } from '../context.ts';
import type { Change } from './batch.ts';
import type { SubmittedCommand } from './submitted-command.ts';

/**
 * A write: decided by the owner of a shard and committed with its batch. Input and result are plain JSON, since the
 * request may come from another process. Each command is safe to repeat with the same input (transaction id, event id
 * or idempotency key in the input), because an unknown outcome is resolved by asking again.
 */
export interface Command<Input, Result> extends SubmittedCommand<Input, Result> {
  /**
   * When the next command of the key may start. 'decided': at once, for commands that decide on memory which runs ahead
   * of the commit. 'committed': for commands that decide on what they read from the database.
   */
  readonly releases: 'decided' | 'committed';
  /**
   * Brings into memory what deciding will look at, before the command's turn comes: commands of one key do this side by
   * side. Decides nothing; `decide` must be right without it.
   */
  prepare?(shard: OwnedShard, input: Input): Promise<unknown>;
  decide(shard: OwnedShard, input: Input): Promise<Decision<Result>> | Decision<Result>;
}

export interface Decision<Result> {
  readonly result: Result;
  /** What `append` returned; absent when nothing had to be written. */
  readonly committed?: Promise<void>;
}

/** A shard while this process owns it. Becomes unusable for good when the ownership ends or a commit fails. */
export interface OwnedShard {
  readonly context: Context;
  readonly id: number;
  readonly epoch: number;
  /** The position that the next appended entry gets. Holds until the next `await`. */
  readonly nextPosition: number;
  /**
   * Resolves when all that has been appended so far is durable, for decisions on what they read from the database.
   * Throws as the commit did.
   */
  settled(): Promise<void>;
  /**
   * Adds a change to the next transaction, at once and without waiting. `build` gets the position of the first entry;
   * the others follow. Call it at most once per decision, with no `await` between deciding on memory and this.
   * Throws ShardUnavailableError when the shard is no longer held.
   */
  append(entryCount: number, build: (firstPosition: number) => Change): Promise<void>;
  /** What `memory` keeps for this shard; made on first use and dropped with the shard. */
  remember<T>(memory: ShardMemory<T>): T;
}

/** A kind of memory that the owner of a shard keeps, such as its hot rooms. */
export interface ShardMemory<T> {
  readonly name: string;
  /** What the next owner should read in `prepare`. Plain JSON, of a bounded size. */
  announce?(memory: T): unknown;
  /**
   * Reads what `create` can begin with, while the shard has another owner still: after that nobody waits for it.
   * `announced` is what that owner's memory told of itself.
   */
  prepare?(context: Context, shard: number, announced: unknown): Promise<unknown>;
  /** What the next owner cannot read before: asked for when all that was appended is durable. Plain JSON, bounded. */
  handOver?(memory: T): unknown;
  /** Where the shard came by a planned hand-over: what `prepare` has read and what `handOver` told. */
  create(shard: OwnedShard, prepared?: unknown, handedOver?: unknown): T;
}

/** A command of any types, for tables of them. */
// biome-ignore lint/suspicious/noExplicitAny: input and result are opaque to the log
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyCommand = Command<any, any>;
