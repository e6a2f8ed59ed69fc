import { supportedRoomVersions } from '@holdfast/protocol/room-versions/room-version.ts';
import { defineEndpoint } from '../../endpoint.ts';

const availableVersions = Object.fromEntries(supportedRoomVersions().map((version) => [version, 'stable']));

/**
 * What the user can do on this server.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3capabilities
 */
export const getCapabilities = defineEndpoint({
  operation: 'getCapabilities',
  method: 'GET',
  path: '/_matrix/client/v3/capabilities',
  authentication: 'user',
  handle: (context, { requester }) => ({
    capabilities: {
      'm.change_password': { enabled: true },
      'm.room_versions': { default: context.config.room.defaultVersion, available: availableVersions },
      'm.set_displayname': { enabled: true },
      'm.set_avatar_url': { enabled: true },
      'm.3pid_changes': { enabled: false },
      'm.get_login_token': { enabled: true },
      'm.profile_fields': { enabled: true },
      'm.forget_forced_upon_leave': { enabled: false },
      ...(requester.isAdmin && { 'm.account_moderation': { lock: true, suspend: true } }),
    },
  }),
});
