import { lookUpThirdParties } from '../../../appservices/requests/third-party-lookups.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { formatFields } from './lookup-fields.ts';

/**
 * Which rooms of other networks a room alias stands for.
 * https://spec.matrix.org/v1.19/client-server-api/#third-party-networks
 */
export const queryLocationByAlias = defineEndpoint({
  operation: 'queryLocationByAlias',
  method: 'GET',
  path: '/_matrix/client/v3/thirdparty/location',
  authentication: 'user',
  query: { type: 'object', properties: { alias: { type: 'string', maxLength: 1_024 } }, required: ['alias'] },
  async handle(context, { queryText }) {
    return jsonText(JSON.stringify(await lookUpThirdParties(context, 'location', undefined, formatFields(queryText))));
  },
});
