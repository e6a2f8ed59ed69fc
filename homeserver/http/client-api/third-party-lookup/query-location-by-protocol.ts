import { lookUpThirdParties } from '../../../appservices/requests/third-party-lookups.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { formatFields } from './lookup-fields.ts';

/**
 * Rooms of a network, by its own names.
 * https://spec.matrix.org/v1.19/client-server-api/#third-party-networks
 */
export const queryLocationByProtocol = defineEndpoint({
  operation: 'queryLocationByProtocol',
  method: 'GET',
  path: '/_matrix/client/v3/thirdparty/location/{protocol}',
  authentication: 'user',
  async handle(context, { params: { protocol }, queryText }) {
    return jsonText(JSON.stringify(await lookUpThirdParties(context, 'location', protocol, formatFields(queryText))));
  },
});
