import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import type { RemoteFailures } from '../group-users.ts';
import { remoteFailure } from '../remote-failure.ts';

/** By user, by device, by `algorithm:id`. */
export type ClaimedKeys = Record<string, Record<string, Record<string, JsonValue>>>;

/** By user, by device, the algorithm. */
export type KeyClaims = Readonly<Record<string, Readonly<Record<string, string>>>>;

const path = '/_matrix/federation/v1/user/keys/claim';

/**
 * Claims keys of other servers' users: from all servers side by side, each within `timeoutMs`. Adds them to `claimed` and
 * gives a failure for every server without an answer; keys of an answer that got lost are lost.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysclaim
 */
export async function claimRemoteKeys(
  context: Context,
  usersByServer: ReadonlyMap<string, readonly string[]>,
  claims: KeyClaims,
  timeoutMs: number,
  claimed: ClaimedKeys,
): Promise<RemoteFailures> {
  const failures: RemoteFailures = {};
  await Promise.all(
    [...usersByServer].map(async ([server, userIds]) => {
      const wanted = Object.fromEntries(userIds.map((userId) => [userId, claims[userId] ?? {}]));
      try {
        const body = { one_time_keys: wanted };
        // Asked again where a kept connection was closed under it: that costs a key at most, and without one a message
        // cannot be read.
        const answer = await askServer(context, { server, method: 'POST', path, body, timeoutMs, idempotent: true });
        addClaimed(answer['one_time_keys'], wanted, claimed);
      } catch (error) {
        if (!(error instanceof RemoteServerError)) throw error;
        failures[server] = remoteFailure(error);
        context.log.info({ server, problem: error.message }, 'a server did not give keys of its users');
      }
    }),
  );
  return failures;
}

/** Only what was asked for counts. */
function addClaimed(answered: JsonValue | undefined, wanted: KeyClaims, claimed: ClaimedKeys): void {
  for (const [userId, devices] of Object.entries(wanted)) {
    for (const [deviceId, algorithm] of Object.entries(devices)) {
      const key = keyOf(answered, userId, deviceId, algorithm);
      if (key) (claimed[userId] ??= {})[deviceId] = key;
    }
  }
}

function keyOf(
  answered: JsonValue | undefined,
  userId: string,
  deviceId: string,
  algorithm: string,
): Record<string, JsonValue> | undefined {
  const devices = isJsonObject(answered) ? answered[userId] : undefined;
  const keys = isJsonObject(devices) ? devices[deviceId] : undefined;
  if (!isJsonObject(keys)) return undefined;
  const found = Object.entries(keys).find(([keyId, key]) => keyId.startsWith(`${algorithm}:`) && isKey(key));
  return found && { [found[0]]: found[1] as JsonValue };
}

function isKey(key: JsonValue | undefined): boolean {
  return typeof key === 'string' || isJsonObject(key);
}
