import type { PlatformContext } from './platform-context.ts';
import type { LogTail } from './shard-log/log-tail.ts';
import type { SubmittedCommand } from './shard-log/submitted-command.ts';

/**
 * What code needs from outside and cannot be pure without. It holds these and nothing else, and does not grow: no
 * registry of services.
 */
export interface Context extends PlatformContext {
  readonly serverName: string;
  /** The one that signs now; it changes when the operator rotates keys. */
  readonly signingKey: SigningKey;
  readonly shardLog: ShardLogAccess;
}

export interface SigningKey {
  /** Such as `ed25519:a1B2`. */
  readonly keyId: string;
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The write side of the database, and the stream of what was written. */
export interface ShardLogAccess {
  /** The newest entries of every shard, on this process. */
  readonly tail: LogTail;
  readonly shardCount: number;
  /** Under which the database knows this process. */
  readonly processId: string;
  /** Shards that this process writes at the moment. */
  ownedShards(): number[];
  /**
   * Runs a command on the owner of `shard` and returns its result once it is committed. Tries again by the command's
   * identity while ownership moves or the database is away, until the deadline; then throws M_UNKNOWN with status 503.
   */
  submit<Input, Result>(command: SubmittedCommand<Input, Result>, shard: number, input: Input): Promise<Result>;
  /**
   * Has the owner of a shard hand it over: to the process `to`, or to whoever has the fewest. Nobody who writes notices.
   * Throws M_NOT_FOUND where no such process takes shards, M_UNKNOWN with status 503 where the owner does not answer.
   */
  handOver(shard: number, to?: string): Promise<void>;
}
