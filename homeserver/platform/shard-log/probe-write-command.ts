import type { Command } from './command.ts';

/** Commits a transaction that changes nothing but takes the whole way of a write: to the owner, fenced, durable. */
export const probeWriteCommand: Command<Record<string, never>, null> = {
  name: 'probe-write',
  key: () => 'probe-write',
  releases: 'decided',
  decide: (shard) => ({ result: null, committed: shard.append(0, () => ({ entries: [], writes: [] })) }),
};
