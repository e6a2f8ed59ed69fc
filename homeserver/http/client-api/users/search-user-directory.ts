import { searchUserDirectory as search } from '../../../accounts/search-user-directory.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

const defaultLimit = 10;
const largestLimit = 100;

/**
 * Users whose id or display name contains the term. Larger limits than 100 count as 100.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
 */
export const searchUserDirectory = defineEndpoint({
  operation: 'searchUserDirectory',
  method: 'POST',
  path: '/_matrix/client/v3/user_directory/search',
  authentication: 'user',
  rateLimit: 'userSearch',
  body: {
    type: 'object',
    properties: { search_term: plainText(512), limit: { type: 'integer', minimum: 1 } },
    required: ['search_term'],
  },
  async handle(context, { requester, body }) {
    const limit = Math.min(body.limit ?? defaultLimit, largestLimit);
    const { users, limited } = await search(context, requester.userId, body.search_term, limit);
    const results = users.map(({ userId, displayName, avatarUrl }) => ({
      user_id: userId,
      ...(displayName !== undefined && { display_name: displayName }),
      ...(avatarUrl !== undefined && { avatar_url: avatarUrl }),
    }));
    return { results, limited };
  },
});
