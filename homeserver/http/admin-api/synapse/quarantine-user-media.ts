import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { setMediaQuarantined } from '../../../media/quarantine-media.ts';
import { readMediaOfUser } from '../../../storage/media/read-media-list.ts';
import { defineEndpoint } from '../../endpoint.ts';

const page = 100;
/** Of one request; whoever has more files is asked for again. */
const mostPages = 50;

/**
 * Withholds all files of a user from everybody, 5,000 at most at a time. Errors: M_INVALID_PARAM (of another server),
 * M_NOT_FOUND. https://element-hq.github.io/synapse/latest/admin_api/media_admin_api.html#quarantining-all-media-of-a-user
 */
export const quarantineUserMediaV1 = defineEndpoint({
  operation: 'quarantineUserMediaV1',
  method: 'POST',
  path: '/_synapse/admin/v1/user/{userId}/media/quarantine',
  authentication: 'admin',
  async handle(context, { requester, params: { userId } }) {
    await findOwnAccount(context, userId);
    const { serverName } = context;
    let count = 0;
    for (let index = 0; index < mostPages; index++) {
      const files = await readMediaOfUser(context.database, { userId, serverName }, index * page, page);
      const open = files.filter(({ isQuarantined }) => !isQuarantined);
      const places = open.map(({ mediaId }) => ({ serverName, mediaId }));
      await Promise.all(places.map((place) => setMediaQuarantined(context, place, true, requester.userId)));
      count += open.length;
      if (files.length < page) break;
    }
    return { num_quarantined: count };
  },
});
