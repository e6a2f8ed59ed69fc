import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Has the owner of a shard hand it over, to the given process or to whoever has the fewest. Nobody who writes notices.
 * Processes go on to share shards evenly: to empty one of them, let it rest. Errors: M_NOT_FOUND (no such shard, no other
 * process), 503 where the owner does not answer.
 */
export const handOverShard = defineEndpoint({
  operation: 'handOverShard',
  method: 'POST',
  path: '/_holdfast/v1/admin/shards/{shard}/hand-over',
  authentication: 'admin',
  body: { type: 'object', properties: { process_id: { type: 'string', maxLength: 64 } } },
  async handle({ shardLog }, { params, body }) {
    const shard = /^\d{1,5}$/.test(params.shard) ? Number(params.shard) : Number.NaN;
    if (!(shard < shardLog.shardCount)) throw new MatrixError('M_NOT_FOUND', 'There is no such shard');
    await shardLog.handOver(shard, body.process_id);
    return {};
  },
});
