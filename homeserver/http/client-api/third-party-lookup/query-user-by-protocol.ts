import { lookUpThirdParties } from '../../../appservices/requests/third-party-lookups.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { formatFields } from './lookup-fields.ts';

/**
 * People of a network, by its own names.
 * https://spec.matrix.org/v1.19/client-server-api/#third-party-networks
 */
export const queryUserByProtocol = defineEndpoint({
  operation: 'queryUserByProtocol',
  method: 'GET',
  path: '/_matrix/client/v3/thirdparty/user/{protocol}',
  authentication: 'user',
  async handle(context, { params: { protocol }, queryText }) {
    return jsonText(JSON.stringify(await lookUpThirdParties(context, 'user', protocol, formatFields(queryText))));
  },
});
