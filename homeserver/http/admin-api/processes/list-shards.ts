import { readReaderPositions } from '../../../storage/administration/read-reader-positions.ts';
import { readProcesses, readShards } from '../../../storage/processes/read-processes.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The shards with their owners and leases, the processes, and how far each reader of the log is. Times are milliseconds;
 * a reader's `behind` counts entries of the log.
 */
export const listShards = defineEndpoint({
  operation: 'listShards',
  method: 'GET',
  path: '/_holdfast/v1/admin/shards',
  authentication: 'admin',
  async handle({ database, shardLog }) {
    const [processes, shards, readers] = await Promise.all([
      readProcesses(database),
      readShards(database),
      readReaderPositions(database),
    ]);
    const positions = new Map(shards.map(({ id, position }) => [id, position]));
    return {
      shards: shards.map(({ id, epoch, position, owner, isHeld, leaseSeconds }) => ({
        ...{ id, epoch, position, owner: isHeld ? owner : null },
        lease_left_ms: leaseSeconds === null ? null : Math.round(leaseSeconds * 1000),
      })),
      processes: processes.map(({ id, address, startedAt, silentSeconds, ...rest }) => ({
        ...{ id, address, started_ts: startedAt.getTime() },
        silent_for_ms: Math.max(0, Math.round(silentSeconds * 1000)),
        ...{ takes_shards: rest.takesShards, rests: rest.rests, clock_offset_ms: rest.clockOffsetMs },
        shard_count: shards.filter((shard) => shard.isHeld && shard.owner === id).length,
      })),
      readers: readers.map(({ reader, shard, position }) => ({
        ...{ reader, shard, position, behind: Math.max(0, (positions.get(shard) ?? position) - position) },
      })),
      // Of the process that answers.
      reader_age_ms: Math.round(shardLog.tail.ageMs()),
    };
  },
});
