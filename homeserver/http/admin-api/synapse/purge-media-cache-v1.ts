import { forgetRemoteMediaUnusedFor } from '../../../media/media-upkeep.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** Of one request; where there is more, it is asked for again. */
const mostFiles = 5_000;

/**
 * Forgets copies of other servers' files that nobody asked for since a time, 5,000 at most at a time: whoever asks again gets
 * them from their server. Their use is noted to the day.
 * https://element-hq.github.io/synapse/latest/admin_api/media_admin_api.html#purge-remote-media-api
 */
export const purgeMediaCacheV1 = defineEndpoint({
  operation: 'purgeMediaCacheV1',
  method: 'POST',
  path: '/_synapse/admin/v1/purge_media_cache',
  authentication: 'admin',
  query: {
    type: 'object',
    // What is smaller was meant as seconds, and would be in 1970.
    properties: { before_ts: { type: 'integer', minimum: 30_000_000_000, maximum: 253_402_300_799_999 } },
    required: ['before_ts'],
  },
  async handle(context, { query, signal }) {
    const unusedForMs = Math.max(0, context.clock.wallMs() - query.before_ts);
    return { deleted: await forgetRemoteMediaUnusedFor(context, unusedForMs, { most: mostFiles, signal }) };
  },
});
