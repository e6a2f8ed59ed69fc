import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { answerKeyQuery } from '../../../remote-servers/keys/answer-key-query.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** Of one question. Each may cost a question of ours. */
const mostServers = 250;

const criteriaSchema = {
  type: 'object',
  properties: { minimum_valid_until_ts: { type: 'integer', minimum: 0 } },
} as const;

/**
 * The keys of several servers, signed by us as a notary. What is no server name, or cannot be reached, is left out.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixkeyv2query
 */
export const bulkPerspectivesKeyQuery = defineEndpoint({
  operation: 'bulkPerspectivesKeyQuery',
  method: 'POST',
  path: '/_matrix/key/v2/query',
  authentication: 'none',
  rateLimit: 'keyQuery',
  bodyLimitBytes: 256 * 1024,
  body: {
    type: 'object',
    properties: {
      server_keys: {
        type: 'object',
        maxProperties: mostServers,
        additionalProperties: { type: 'object', maxProperties: 100, additionalProperties: criteriaSchema },
      },
    },
    required: ['server_keys'],
  },
  async handle(context, { body }) {
    const nowTs = context.clock.wallMs();
    const named = Object.entries(body.server_keys).filter(([serverName]) => isServerName(serverName));
    const criteria = named.map(([serverName, keys]) => ({
      ...{ serverName, keyIds: Object.keys(keys) },
      minimumValidUntilTs: Math.max(
        0,
        ...Object.values(keys).map(({ minimum_valid_until_ts: minimum = nowTs }) => minimum),
      ),
    }));
    return { server_keys: await answerKeyQuery(context, criteria) };
  },
});
