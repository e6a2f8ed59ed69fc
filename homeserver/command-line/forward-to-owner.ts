import type { Context, ShardLogAccess } from '../platform/context.ts';
import { forwardCommand } from '../platform/shard-log/forward-command.ts';
import { ShardUnavailableError } from '../platform/shard-log/shard-error.ts';
import { handOverMessages } from '../platform/shard-log/shard-hand-over.ts';
import { readProcesses, readShards } from '../storage/processes/read-processes.ts';
import { CommandError } from './command.ts';

const submitTimeoutMs = 15_000;
const pauseMs = 200;

/**
 * The write side for a process that comes and goes: it never takes a shard, and sends every command to the process that
 * owns it. The number of shards is the database's, whatever this process is configured with.
 */
export async function createForwardingSubmit(context: Context, secret: string): Promise<ShardLogAccess> {
  const shardCount = (await readShards(context.database)).length;
  return {
    tail: context.shardLog.tail,
    shardCount,
    processId: context.shardLog.processId,
    ownedShards: () => [],
    async submit<Result>(command: { readonly name: string }, shard: number, input: unknown): Promise<Result> {
      const endMs = context.clock.monotonicMs() + submitTimeoutMs;
      for (;;) {
        const timeoutMs = endMs - context.clock.monotonicMs();
        if (timeoutMs <= 0)
          throw new CommandError(`No process of this homeserver took the command: \`holdfast status\``);
        const address = await findOwner(context, shard);
        if (address !== undefined) {
          const sent = { address, secret, name: command.name, shard, input, timeoutMs, onOwnerChange: () => () => {} };
          try {
            return (await forwardCommand(sent)) as Result;
          } catch (error) {
            // Sent again with the same input, which commands are made for.
            if (!(error instanceof ShardUnavailableError)) throw error;
          }
        }
        await context.clock.sleep(pauseMs);
      }
    },
    async handOver(shard, to) {
      const address = await findOwner(context, shard);
      if (address === undefined) throw new CommandError(`No process has shard ${shard} at the moment.`);
      const sent = {
        address,
        secret,
        name: handOverMessages.release,
        shard,
        input: { to },
        timeoutMs: submitTimeoutMs,
      };
      await forwardCommand({ ...sent, onOwnerChange: () => () => {} });
    },
  };
}

async function findOwner({ database }: Context, id: number): Promise<string | undefined> {
  const [processes, shards] = await Promise.all([readProcesses(database), readShards(database)]);
  const owner = shards.find((shard) => shard.id === id && shard.isHeld)?.owner;
  return processes.find((process) => process.id === owner)?.address;
}
