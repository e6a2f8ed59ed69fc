import type { AnyCommand } from '../platform/shard-log/command.ts';

/** Every command of the homeserver: what a process forwards to the owner of a shard is looked up here by name. */
export const commands: readonly AnyCommand[] = [];
