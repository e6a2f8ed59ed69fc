import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseRoomAlias } from '@holdfast/protocol/identifiers/room-alias.ts';
import { isRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { readAlias } from '../../storage/directory/read-aliases.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { matrixErrorOf } from '../remote/ask-in-turn.ts';

export interface ResolvedRoom {
  readonly roomId: string;
  /** Servers that are likely to be in the room, the best one first. */
  readonly servers: readonly string[];
}

const mostServersTold = 50;
const timeoutMs = 15_000;
const maxBytes = 256 * 1024;

export function aliasNotFound(alias: string): MatrixError {
  return new MatrixError('M_NOT_FOUND', `Room alias ${alias} not found`);
}

/**
 * The room of an alias, which its own server knows. Throws M_INVALID_PARAM, M_NOT_FOUND, and M_CONNECTION_FAILED or
 * M_CONNECTION_TIMEOUT where that server cannot be asked.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias
 */
export async function resolveAlias(context: Context, alias: string): Promise<ResolvedRoom> {
  const parsed = parseRoomAlias(alias);
  if (!parsed) throw new MatrixError('M_INVALID_PARAM', 'The room alias is not valid');
  if (parsed.serverName === context.serverName) return await resolveOwnAlias(context, alias);
  if (!context.config.federation.enabled) throw aliasNotFound(alias);
  return await askForAlias(context, alias, parsed.serverName);
}

/** The room of an alias of this server. Throws M_INVALID_PARAM, M_NOT_FOUND. */
export async function resolveOwnAlias(context: Context, alias: string): Promise<ResolvedRoom> {
  const parsed = parseRoomAlias(alias);
  if (!parsed) throw new MatrixError('M_INVALID_PARAM', 'The room alias is not valid');
  const row = parsed.serverName === context.serverName ? await readAlias(context, alias) : undefined;
  if (!row) throw aliasNotFound(alias);
  const joined = await joinedServersOf(context, row.roomId);
  const others = [...joined].filter((server) => server !== context.serverName);
  return { roomId: row.roomId, servers: [context.serverName, ...others].slice(0, mostServersTold) };
}

/** The room that a room id or an alias means. Throws as resolveAlias. */
export async function findRoomByName(context: Context, roomIdOrAlias: string): Promise<ResolvedRoom> {
  if (roomIdOrAlias.startsWith('#')) return await resolveAlias(context, roomIdOrAlias);
  if (!isRoomId(roomIdOrAlias)) throw new MatrixError('M_INVALID_PARAM', 'This is neither a room id nor a room alias');
  return { roomId: roomIdOrAlias, servers: [] };
}

/** https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1querydirectory */
async function askForAlias(context: Context, alias: string, server: string): Promise<ResolvedRoom> {
  const path = `/_matrix/federation/v1/query/directory?room_alias=${encodeURIComponent(alias)}`;
  try {
    const question = { server, path, timeoutMs, maxBytes, method: 'GET', evenWhenBackingOff: true } as const;
    return parseAnswer(await askServer(context, question), server);
  } catch (error) {
    if (error instanceof RemoteServerError && error.status === 404) throw aliasNotFound(alias);
    throw matrixErrorOf(error);
  }
}

function parseAnswer({ room_id: roomId, servers }: JsonObject, server: string): ResolvedRoom {
  if (typeof roomId !== 'string' || !isRoomId(roomId) || !Array.isArray(servers)) {
    throw new RemoteServerError('bad-answer', server, 'it did not tell the room of the alias');
  }
  const named = servers.filter((name): name is string => typeof name === 'string' && isServerName(name));
  return { roomId, servers: [...new Set([server, ...named])].slice(0, mostServersTold) };
}
