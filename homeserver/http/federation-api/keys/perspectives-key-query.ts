import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { answerKeyQuery } from '../../../remote-servers/keys/answer-key-query.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Another server's keys, signed by us as a notary. Old servers name the key that they want in the path; all are given.
 * Error: M_INVALID_PARAM for what is no server name.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2queryservername
 */
export const perspectivesKeyQuery = defineEndpoint({
  operation: 'perspectivesKeyQuery',
  method: 'GET',
  path: '/_matrix/key/v2/query/{serverName}',
  alsoAt: ['/_matrix/key/v2/query/{serverName}/{keyId}'],
  authentication: 'none',
  rateLimit: 'keyQuery',
  query: { type: 'object', properties: { minimum_valid_until_ts: { type: 'integer', minimum: 0 } } },
  async handle(context, { params: { serverName }, query }) {
    if (!isServerName(serverName)) throw new MatrixError('M_INVALID_PARAM', `${serverName} is no server name`);
    const minimumValidUntilTs = query.minimum_valid_until_ts ?? context.clock.wallMs();
    return { server_keys: await answerKeyQuery(context, [{ serverName, keyIds: [], minimumValidUntilTs }]) };
  },
});
