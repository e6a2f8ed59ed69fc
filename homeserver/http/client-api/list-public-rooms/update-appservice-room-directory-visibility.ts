import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { setNetworkVisibility } from '../../../rooms/directory/publish-room.ts';
import { defineEndpoint } from '../../endpoint.ts';

const maxNetworkLength = 255;

/**
 * Puts a room into the list of a network of the application service that asks, or takes it out. Errors: M_FORBIDDEN (no
 * application service), M_NOT_FOUND, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/application-service-api/#put_matrixclientv3directorylistappservicenetworkidroomid
 */
export const updateAppserviceRoomDirectoryVisibility = defineEndpoint({
  operation: 'updateAppserviceRoomDirectoryVisibility',
  method: 'PUT',
  path: '/_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}',
  authentication: 'user',
  body: {
    type: 'object',
    properties: { visibility: { type: 'string', enum: ['private', 'public'] } },
    required: ['visibility'],
  },
  async handle(context, { requester: { applicationService }, params: { networkId, roomId }, body: { visibility } }) {
    if (!applicationService) throw new MatrixError('M_FORBIDDEN', 'Only application services have networks');
    if (networkId.length > maxNetworkLength || networkId.includes('\0')) {
      throw new MatrixError('M_INVALID_PARAM', `A network's name has at most ${maxNetworkLength} characters`);
    }
    await setNetworkVisibility(context, { service: applicationService.id, network: networkId }, roomId, visibility);
    return {};
  },
});
