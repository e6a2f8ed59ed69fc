import type { OpenedSession } from '../../../accounts/new-session.ts';

/** A new session as clients are told of it. */
export function formatSession({ deviceId, accessToken, refreshToken, expiresInMs }: OpenedSession) {
  return {
    access_token: accessToken,
    device_id: deviceId,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(expiresInMs !== undefined && { expires_in_ms: expiresInMs }),
  };
}
