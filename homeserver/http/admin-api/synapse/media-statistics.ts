import { readLargestMediaUsers } from '../../../storage/media/read-media-list.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { pageParameters } from './page-parameters.ts';

/**
 * Who stores most. https://element-hq.github.io/synapse/latest/admin_api/statistics.html
 */
export const getMediaStatistics = defineEndpoint({
  operation: 'getMediaStatistics',
  method: 'GET',
  path: '/_synapse/admin/v1/statistics/users/media',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ...pageParameters,
    },
  },
  async handle({ database }, { query: { from = 0, limit = 100 } }) {
    const users = await readLargestMediaUsers(database, from, limit);
    const isMore = users.length === limit;
    return {
      users: users.map(({ userId, sizeBytes, count }) => ({
        ...{ user_id: userId, displayname: userId, media_count: count, media_length: sizeBytes },
      })),
      total: from + users.length + (isMore ? 1 : 0),
      ...(isMore && { next_token: from + users.length }),
    };
  },
});
