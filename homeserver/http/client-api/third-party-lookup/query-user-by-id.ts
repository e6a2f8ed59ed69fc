import { lookUpThirdParties } from '../../../appservices/requests/third-party-lookups.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { formatFields } from './lookup-fields.ts';

/**
 * Whom on other networks a user id stands for.
 * https://spec.matrix.org/v1.19/client-server-api/#third-party-networks
 */
export const queryUserByID = defineEndpoint({
  operation: 'queryUserByID',
  method: 'GET',
  path: '/_matrix/client/v3/thirdparty/user',
  authentication: 'user',
  query: { type: 'object', properties: { userid: { type: 'string', maxLength: 1_024 } }, required: ['userid'] },
  async handle(context, { queryText }) {
    return jsonText(JSON.stringify(await lookUpThirdParties(context, 'user', undefined, formatFields(queryText))));
  },
});
