import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { askServer } from '../remote-servers/ask-server.ts';
import { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import { serverOfUser } from '../rooms/joined-servers.ts';

interface KnownProfile {
  readonly profile: Promise<JsonObject>;
  readonly untilMs: number;
}

const keptProfiles = 2_000;
const keepMs = 60_000;
const timeoutMs = 10_000;
const maxAnswerBytes = 256 * 1024;
const textFields: ReadonlySet<string> = new Set(['displayname', 'avatar_url']);

const known = new WeakMap<Context, BoundedCache<string, KnownProfile>>();

/**
 * The profile of another server's user, as that server says; what it said is kept for a minute. Throws M_NOT_FOUND,
 * M_FORBIDDEN where the server does not tell, and M_UNKNOWN with status 502 or 504 when it cannot be asked.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1queryprofile
 */
export async function getRemoteProfile(context: Context, userId: string): Promise<JsonObject> {
  let profiles = known.get(context);
  if (!profiles) {
    profiles = new BoundedCache(keptProfiles);
    known.set(context, profiles);
  }
  const nowMs = context.clock.monotonicMs();
  const kept = profiles.get(userId);
  if (kept && kept.untilMs > nowMs) return await kept.profile;
  const profile = askForProfile(context, userId);
  profiles.set(userId, { profile, untilMs: nowMs + keepMs });
  try {
    return await profile;
  } catch (error) {
    profiles.delete(userId);
    throw error;
  }
}

async function askForProfile(context: Context, userId: string): Promise<JsonObject> {
  const server = serverOfUser(userId);
  const path = `/_matrix/federation/v1/query/profile?user_id=${encodeURIComponent(userId)}`;
  try {
    const answer = await askServer(context, { server, method: 'GET', path, timeoutMs, maxBytes: maxAnswerBytes });
    return Object.fromEntries(Object.entries(answer).filter(isSoundField));
  } catch (error) {
    if (error instanceof RemoteServerError) throw profileError(error);
    throw error;
  }
}

/** Name and picture are texts; clients show them as such. Of other fields there may be anything. */
function isSoundField([name, value]: [string, JsonValue | undefined]): boolean {
  return textFields.has(name) ? typeof value === 'string' : value !== null;
}

function profileError({ kind, status, message }: RemoteServerError): MatrixError {
  if (kind === 'refused' && status === 404) return new MatrixError('M_NOT_FOUND', 'There is no such user');
  if (kind === 'not-allowed' || (kind === 'refused' && status === 403)) {
    return new MatrixError('M_FORBIDDEN', `The user's server does not tell: ${message}`);
  }
  return new MatrixError('M_UNKNOWN', `The user's server gave no answer: ${message}`, {
    status: kind === 'timeout' ? 504 : 502,
  });
}
