import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { decodeSyncToken } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import { notePresenceOfSync } from '../../../ephemeral/note-presence.ts';
import { answerSync } from '../../../sync/answer-sync.ts';
import { resolveFilter } from '../../../sync/resolve-filter.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/** Clients ask for half a minute; proxies on the way seldom keep a silent connection for much longer than this. */
const longestWaitMs = 120_000;

/**
 * What happened since a token, waiting for it if need be.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export const sync = defineEndpoint({
  operation: 'sync',
  method: 'GET',
  path: '/_matrix/client/v3/sync',
  authentication: 'user',
  query: {
    type: 'object',
    properties: {
      filter: { type: 'string', maxLength: 65_536 },
      since: { type: 'string' },
      full_state: { type: 'boolean' },
      set_presence: { type: 'string', enum: ['offline', 'online', 'unavailable'] },
      timeout: { type: 'integer', minimum: 0 },
      use_state_after: { type: 'boolean' },
    },
  },
  async handle(context, { requester: { userId, deviceId }, query, signal }) {
    const filter = await resolveFilter(context, userId, query.filter);
    const since = query.since === undefined || query.since === '' ? undefined : parseSince(query.since);
    const timeoutMs = Math.min(query.timeout ?? 0, longestWaitMs);
    const presence = query.set_presence ?? 'online';
    const noted =
      presence === 'offline' ? undefined : notePresenceOfSync(context, { userId, deviceId, presence, timeoutMs });
    if (since === undefined) await noted;
    const text = await answerSync(context, {
      userId,
      deviceId,
      filter,
      since,
      fullState: query.full_state ?? false,
      useStateAfter: query.use_state_after ?? false,
      timeoutMs,
      signal,
    });
    return jsonText(text);
  },
});

function parseSince(text: string): number[] {
  const positions = decodeSyncToken(text);
  if (!positions) throw new MatrixError('M_INVALID_PARAM', 'since is not a token of this server');
  return positions;
}
