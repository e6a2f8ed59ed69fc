import { describeAccount } from '../../../administration/users/describe-account.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatAccount } from './format-account.ts';

/** One account with its figures. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND. */
export const getUser = defineEndpoint({
  operation: 'getUser',
  method: 'GET',
  path: '/_holdfast/v1/admin/users/{userId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const { account, deviceCount, joinedRoomCount, mediaBytes } = await describeAccount(context, params.userId);
    return {
      ...formatAccount(account),
      ...{ device_count: deviceCount, joined_room_count: joinedRoomCount, media_bytes: mediaBytes },
    };
  },
});
