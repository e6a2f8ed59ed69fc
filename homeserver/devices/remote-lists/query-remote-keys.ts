import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { sharesRoomWithUs } from '../../rooms/servers-of-user.ts';
import { readCrossSigningKeys } from '../../storage/devices/read-cross-signing.ts';
import { readRemoteDeviceLists, readRemoteDevices } from '../../storage/devices/read-remote-device-lists.ts';
import type { RemoteFailures } from '../group-users.ts';
import { addKeys, type KeysOfUsers, type QueriedKeys } from '../present-keys.ts';
import { remoteFailure } from '../remote-failure.ts';
import { parseRemoteCrossSigningKey, parseRemoteDevice } from './check-remote-keys.ts';
import { fetchDeviceList } from './fetch-device-list.ts';
import { wantDeviceLists } from './mark-device-lists.ts';
import { sharedUsages } from './remote-device-list.ts';

interface RemoteKeyQuestion {
  readonly readerId: string;
  readonly wishes: Readonly<Record<string, readonly string[]>>;
  readonly usersByServer: ReadonlyMap<string, readonly string[]>;
}

/** Of so many users of a server whole lists are asked for, each of which is kept; more are asked for together. */
const maxWholeLists = 10;
/** Users in one question. */
const usersAtOnce = 500;
/** Of so many users whose server gave no answer it is noted that somebody wants to know. */
const maxWanted = 100;
const maxAnswerBytes = 32 * 1024 * 1024;

/**
 * Adds the keys of other servers' users to an answer: from copies that are up to date, and otherwise from their servers,
 * which are asked side by side, each within `timeoutMs`. Gives a failure for every server that had to be asked and gave no
 * answer.
 */
export async function queryRemoteKeys(
  context: Context,
  question: RemoteKeyQuestion,
  timeoutMs: number,
  keys: QueriedKeys,
): Promise<RemoteFailures> {
  const failures: RemoteFailures = {};
  if (question.usersByServer.size === 0) return failures;
  const fresh = await addCopies(context, question, keys);
  await Promise.all(
    [...question.usersByServer].map(async ([server, userIds]) => {
      const unknown = userIds.filter((userId) => !fresh.has(userId));
      if (unknown.length === 0) return;
      try {
        const found = await askForKeys(context, server, unknown, timeoutMs);
        await addKeys(context, found, question, keys);
      } catch (error) {
        if (!(error instanceof RemoteServerError)) throw error;
        failures[server] = remoteFailure(error);
        await wantDeviceLists(context, unknown.slice(0, maxWanted));
      }
    }),
  );
  return failures;
}

/** Adds what copies say that are up to date. Gives their users. */
async function addCopies(context: Context, question: RemoteKeyQuestion, keys: QueriedKeys): Promise<Set<string>> {
  const { database } = context;
  const userIds = [...question.usersByServer.values()].flat();
  const fresh = new Set<string>();
  for (let first = 0; first < userIds.length; first += usersAtOnce) {
    const some = userIds.slice(first, first + usersAtOnce);
    const lists = await readRemoteDeviceLists(database, some);
    const copied: string[] = [];
    for (const userId of some) {
      const list = lists.get(userId);
      if (!list || list.isStale || list.streamId === null) continue;
      // A copy is dropped a moment after its user left the last shared room, and nobody says any more when it changes.
      if (await sharesRoomWithUs(context, userId)) copied.push(userId);
    }
    if (copied.length === 0) continue;
    const [devices, crossSigningKeys] = await Promise.all([
      readRemoteDevices(database, copied),
      readCrossSigningKeys(database, copied),
    ]);
    for (const userId of copied) {
      fresh.add(userId);
      keys.deviceKeys[userId] = {};
    }
    await addKeys(context, { userIds: copied, devices, crossSigningKeys }, question, keys);
  }
  return fresh;
}

async function askForKeys(
  context: Context,
  server: string,
  userIds: readonly string[],
  timeoutMs: number,
): Promise<KeysOfUsers> {
  if (userIds.length > maxWholeLists) return await askTogether(context, server, userIds, timeoutMs);
  const lists = await Promise.all(
    userIds.map((userId) =>
      fetchDeviceList(context, userId, { timeoutMs, isAnswer: true }).catch((error: unknown) => {
        // It does not know the user, or not this question.
        if (error instanceof RemoteServerError && error.kind === 'refused') return undefined;
        throw error;
      }),
    ),
  );
  const found = lists.filter((list) => list !== undefined);
  const others = userIds.filter((_, index) => lists[index] === undefined);
  const together = others.length === 0 ? undefined : await askTogether(context, server, others, timeoutMs);
  return {
    userIds,
    devices: [...found.flatMap(({ devices }) => devices), ...(together?.devices ?? [])],
    crossSigningKeys: [
      ...found.flatMap(({ crossSigningKeys }) => crossSigningKeys),
      ...(together?.crossSigningKeys ?? []),
    ],
  };
}

/** https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysquery */
async function askTogether(
  context: Context,
  server: string,
  userIds: readonly string[],
  timeoutMs: number,
): Promise<KeysOfUsers> {
  const path = '/_matrix/federation/v1/user/keys/query';
  const answers: KeysOfUsers[] = [];
  const endMs = context.clock.monotonicMs() + timeoutMs;
  for (let first = 0; first < userIds.length; first += usersAtOnce) {
    const some = userIds.slice(first, first + usersAtOnce);
    const body = { device_keys: Object.fromEntries(some.map((userId) => [userId, []])) };
    const leftMs = endMs - context.clock.monotonicMs();
    if (leftMs <= 0) throw new RemoteServerError('timeout', server, 'it did not answer in time');
    const answer = await askServer(context, {
      ...{ server, method: 'POST', path, body, timeoutMs: leftMs, maxBytes: maxAnswerBytes, idempotent: true },
    });
    answers.push(parseAnswer(some, answer));
  }
  return {
    userIds,
    devices: answers.flatMap(({ devices }) => devices),
    crossSigningKeys: answers.flatMap(({ crossSigningKeys }) => crossSigningKeys),
  };
}

/** Only what was asked for counts: a server speaks for its own users. */
function parseAnswer(userIds: readonly string[], answer: JsonObject): KeysOfUsers {
  const at = (name: string, userId: string) => {
    const users = answer[name];
    return isJsonObject(users) ? users[userId] : undefined;
  };
  return {
    userIds,
    devices: userIds.flatMap((userId) => {
      const devices = at('device_keys', userId);
      if (!isJsonObject(devices)) return [];
      return Object.entries(devices).flatMap(([id, keys]) => parseRemoteDevice(userId, id, keys, undefined) ?? []);
    }),
    crossSigningKeys: userIds.flatMap((userId) =>
      sharedUsages.flatMap((usage) => parseRemoteCrossSigningKey(userId, usage, at(`${usage}_keys`, userId)) ?? []),
    ),
  };
}
