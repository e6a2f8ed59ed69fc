import type { MatrixClient } from './matrix-client.ts';
import { isRefusal } from './matrix-request-error.ts';

/** https://spec.matrix.org/v1.19/client-server-api/: the operations that the bridge uses. */

const part = encodeURIComponent;
const room = (roomId: string) => `v3/rooms/${part(roomId)}`;

export type Content = Readonly<Record<string, unknown>>;

export interface SendOptions {
  readonly as?: string | undefined;
  readonly timeoutMs?: number;
  /** When it was said, in milliseconds since 1970. */
  readonly ts?: number;
}

/** Sends an event once, however often it is called with the transaction id; gives its id. */
export async function sendEvent(
  client: MatrixClient,
  roomId: string,
  type: string,
  transactionId: string,
  content: Content,
  { as, timeoutMs, ts }: SendOptions = {},
): Promise<string> {
  const path = `${room(roomId)}/send/${part(type)}/${part(transactionId)}`;
  const query: Record<string, string> = ts === undefined ? {} : { ts: String(Math.floor(ts)) };
  const { event_id } = await client.request<{ event_id: string }>({
    ...{ method: 'PUT', path, query, body: content, as },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return event_id;
}

/** Takes an event back, once for the transaction id. https://spec.matrix.org/v1.19/client-server-api/#redactions */
export async function redactEvent(
  client: MatrixClient,
  roomId: string,
  eventId: string,
  transactionId: string,
  reason: string,
  as: string | undefined,
): Promise<void> {
  const path = `${room(roomId)}/redact/${part(eventId)}/${part(transactionId)}`;
  await client.request({ method: 'PUT', path, body: reason === '' ? {} : { reason }, as });
}

export async function putState(
  client: MatrixClient,
  roomId: string,
  type: string,
  stateKey: string,
  content: Content,
  as?: string,
): Promise<void> {
  const path = `${room(roomId)}/state/${part(type)}/${part(stateKey)}`;
  await client.request({ method: 'PUT', path, body: content, as });
}

/** Undefined when the room has no such state. */
export async function getState(
  client: MatrixClient,
  roomId: string,
  type: string,
  as?: string,
): Promise<Content | undefined> {
  try {
    return await client.request<Content>({ method: 'GET', path: `${room(roomId)}/state/${part(type)}/`, as });
  } catch (error) {
    if (isRefusal(error, 'M_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** As getState, with the event's sender. */
export async function getStateEvent(
  client: MatrixClient,
  roomId: string,
  type: string,
): Promise<{ sender?: string; content: Content } | undefined> {
  const path = `${room(roomId)}/state/${part(type)}/`;
  try {
    return await client.request({ method: 'GET', path, query: { format: 'event' } });
  } catch (error) {
    if (isRefusal(error, 'M_NOT_FOUND')) return undefined;
    throw error;
  }
}

export interface JoinedMember {
  readonly display_name?: string | null;
}

/** The members of a room, by user id. */
export async function getJoinedMembers(
  client: MatrixClient,
  roomId: string,
  as?: string,
): Promise<Readonly<Record<string, JoinedMember>>> {
  const { joined } = await client.request<{ joined: Record<string, JoinedMember> }>({
    ...{ method: 'GET', path: `${room(roomId)}/joined_members`, as },
  });
  return joined;
}

/** Makes an account in the bridge's namespace; one that is there already is left as it is. */
export async function registerUser(client: MatrixClient, localpart: string): Promise<void> {
  try {
    await client.request({
      method: 'POST',
      path: 'v3/register',
      body: { type: 'm.login.application_service', username: localpart, inhibit_login: true },
    });
  } catch (error) {
    if (!isRefusal(error, 'M_USER_IN_USE')) throw error;
  }
}

export async function setDisplayName(client: MatrixClient, userId: string, displayName: string): Promise<void> {
  const path = `v3/profile/${part(userId)}/displayname`;
  await client.request({ method: 'PUT', path, body: { displayname: displayName }, as: userId });
}

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus */
export async function setPresence(
  client: MatrixClient,
  userId: string,
  presence: 'online' | 'unavailable' | 'offline',
  statusMessage: string,
): Promise<void> {
  const path = `v3/presence/${part(userId)}/status`;
  const body = { presence, ...(statusMessage !== '' && { status_msg: statusMessage }) };
  await client.request({ method: 'PUT', path, body, as: userId });
}

export async function joinRoom(client: MatrixClient, roomIdOrAlias: string, as?: string): Promise<string> {
  const path = `v3/join/${part(roomIdOrAlias)}`;
  return (await client.request<{ room_id: string }>({ method: 'POST', path, body: {}, as })).room_id;
}

/** Leaving a room where one is not is no error. */
export async function leaveRoom(client: MatrixClient, roomId: string, as?: string, reason?: string): Promise<void> {
  try {
    const body = reason === undefined ? {} : { reason };
    await client.request({ method: 'POST', path: `${room(roomId)}/leave`, body, as });
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Inviting one who is there already is no error. */
export async function inviteUser(client: MatrixClient, roomId: string, userId: string, as?: string): Promise<void> {
  try {
    await client.request({ method: 'POST', path: `${room(roomId)}/invite`, body: { user_id: userId }, as });
  } catch (error) {
    const { message } = error as Error;
    if (!(isRefusal(error, 'M_FORBIDDEN') && /already|in the room|joined/i.test(message))) throw error;
  }
}

export async function removeUser(
  client: MatrixClient,
  how: 'kick' | 'ban' | 'unban',
  roomId: string,
  userId: string,
  reason?: string,
): Promise<void> {
  const body = { user_id: userId, ...(reason !== undefined && { reason }) };
  await client.request({ method: 'POST', path: `${room(roomId)}/${how}`, body });
}

/** Who is banned from a room, and why. */
export async function getBannedMembers(
  client: MatrixClient,
  roomId: string,
): Promise<{ readonly userId: string; readonly reason: string | undefined }[]> {
  const path = `${room(roomId)}/members`;
  const { chunk } = await client.request<{ chunk: { state_key: string; content: Content }[] }>({
    ...{ method: 'GET', path, query: { membership: 'ban' } },
  });
  return chunk.map(({ state_key: userId, content: { reason } }) => {
    return { userId, reason: typeof reason === 'string' ? reason : undefined };
  });
}

export interface NewRoom {
  readonly name?: string;
  readonly topic?: string;
  readonly aliasLocalpart?: string;
  readonly isPublic: boolean;
  readonly invite?: readonly string[];
  readonly isDirect?: boolean;
  readonly initialState?: readonly { type: string; state_key: string; content: Content }[];
  readonly powerLevels?: Content;
  readonly as?: string;
}

export async function createRoom(client: MatrixClient, options: NewRoom): Promise<string> {
  const { name, topic, aliasLocalpart, isPublic, invite, isDirect, initialState, powerLevels, as } = options;
  const body = {
    preset: isPublic ? 'public_chat' : 'private_chat',
    visibility: isPublic ? 'public' : 'private',
    ...(name !== undefined && { name }),
    ...(topic !== undefined && { topic }),
    ...(aliasLocalpart !== undefined && { room_alias_name: aliasLocalpart }),
    ...(invite && { invite }),
    ...(isDirect && { is_direct: true }),
    ...(initialState && { initial_state: initialState }),
    ...(powerLevels && { power_level_content_override: powerLevels }),
  };
  return (await client.request<{ room_id: string }>({ method: 'POST', path: 'v3/createRoom', body, as })).room_id;
}

/** The room that an alias leads to; undefined: none. */
export async function resolveAlias(client: MatrixClient, alias: string): Promise<string | undefined> {
  try {
    const path = `v3/directory/room/${part(alias)}`;
    return (await client.request<{ room_id: string }>({ method: 'GET', path })).room_id;
  } catch (error) {
    if (isRefusal(error, 'M_NOT_FOUND')) return undefined;
    throw error;
  }
}

export async function deleteAlias(client: MatrixClient, alias: string): Promise<void> {
  try {
    await client.request({ method: 'DELETE', path: `v3/directory/room/${part(alias)}` });
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Shows a room in the directory of an application service's network, or takes it out. */
export async function setNetworkVisibility(
  client: MatrixClient,
  networkId: string,
  roomId: string,
  visibility: 'public' | 'private',
): Promise<void> {
  const path = `v3/directory/list/appservice/${part(networkId)}/${part(roomId)}`;
  await client.request({ method: 'PUT', path, body: { visibility } });
}

/** Has the homeserver ask back, which also ends its back-off. */
export async function pingBridge(client: MatrixClient, appserviceId: string, transactionId: string): Promise<number> {
  const path = `v1/appservice/${part(appserviceId)}/ping`;
  const { duration_ms } = await client.request<{ duration_ms: number }>({
    ...{ method: 'POST', path, body: { transaction_id: transactionId } },
  });
  return duration_ms;
}
