import { readLargestMediaUsers } from '../../../storage/media/read-media-list.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** Who stores most, a page at a time: bytes of own files, those of the same content counted each time. */
export const listMediaUsage = defineEndpoint({
  operation: 'listMediaUsage',
  method: 'GET',
  path: '/_holdfast/v1/admin/media/usage',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,9}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
    },
  },
  async handle({ database }, { query: { from = '0', limit = 50 } }) {
    const users = await readLargestMediaUsers(database, Number(from), limit);
    return {
      users: users.map(({ userId, sizeBytes, count }) => ({
        user_id: userId,
        size_bytes: sizeBytes,
        file_count: count,
      })),
      ...(users.length === limit && { next_token: String(Number(from) + limit) }),
    };
  },
});
