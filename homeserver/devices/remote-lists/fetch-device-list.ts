import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { serverOfUser } from '../../rooms/joined-servers.ts';
import { readRemoteDeviceLists } from '../../storage/devices/read-remote-device-lists.ts';
import { type FetchedDeviceList, parseDeviceList } from './remote-device-list.ts';
import { storeDeviceList } from './store-device-list.ts';

const maxAnswerBytes = 16 * 1024 * 1024;

/** Questions under way, by user: who asks for the same meanwhile gets the same answer. */
const underWay = new WeakMap<Context, Map<string, Promise<FetchedDeviceList>>>();

/**
 * Asks a user's server for the whole device list and keeps a copy while the user shares a room with this server.
 * `isAnswer`: the one who asks for these keys gets them, otherwise clients are told when they are others than before.
 * Throws RemoteServerError. https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid
 */
export async function fetchDeviceList(
  context: Context,
  userId: string,
  options: { readonly timeoutMs: number; readonly isAnswer: boolean },
): Promise<FetchedDeviceList> {
  let questions = underWay.get(context);
  if (!questions) {
    questions = new Map();
    underWay.set(context, questions);
  }
  const same = questions.get(userId);
  if (same) return await same;
  const question = askAndStore(context, userId, options).finally(() => questions.delete(userId));
  questions.set(userId, question);
  return await question;
}

async function askAndStore(
  context: Context,
  userId: string,
  { timeoutMs, isAnswer }: { readonly timeoutMs: number; readonly isAnswer: boolean },
): Promise<FetchedDeviceList> {
  // Read first: what comes in while the server is asked makes the copy stale again.
  const mark = (await readRemoteDeviceLists(context.database, [userId])).get(userId)?.mark ?? 0;
  const server = serverOfUser(userId);
  const path = `/_matrix/federation/v1/user/devices/${encodeURIComponent(userId)}`;
  const answer = await askServer(context, { server, method: 'GET', path, timeoutMs, maxBytes: maxAnswerBytes });
  const list = parseDeviceList(userId, answer);
  if (!list) throw new RemoteServerError('bad-answer', server, 'its answer is no device list');
  await storeDeviceList(context, list, { mark, isAnswer });
  return list;
}
