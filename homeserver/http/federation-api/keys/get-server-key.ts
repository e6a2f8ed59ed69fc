import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import { publishKeys } from '../../../remote-servers/keys/publish-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * Our signing keys, for other servers. Old servers name the key that they want in the path; all are given, as canonical
 * JSON, because there are those who verify the text as it comes.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2server
 */
export const getServerKey = defineEndpoint({
  operation: 'getServerKey',
  method: 'GET',
  path: '/_matrix/key/v2/server',
  alsoAt: ['/_matrix/key/v2/server/{keyId}'],
  authentication: 'none',
  handle: (context) => jsonText(encodeCanonicalJson(publishKeys(context))),
});
