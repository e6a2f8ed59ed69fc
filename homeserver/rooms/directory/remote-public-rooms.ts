import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { matrixErrorOf } from '../remote/ask-in-turn.ts';
import { parseSummary } from '../spaces/room-summary.ts';
import type { PublicRoomsRequest } from './public-rooms.ts';

const timeoutMs = 20_000;
const maxBytes = 8 * 1024 * 1024;
const mostRooms = 1_000;
const path = '/_matrix/federation/v1/publicRooms';

/**
 * A page of another server's public room directory. Throws M_INVALID_PARAM, M_FORBIDDEN (it shows it to nobody), and
 * M_CONNECTION_FAILED or M_CONNECTION_TIMEOUT where it cannot be asked.
 * https://spec.matrix.org/v1.19/server-server-api/#published-room-directory
 */
export async function listRemotePublicRooms(
  context: Context,
  server: string,
  request: PublicRoomsRequest,
): Promise<JsonObject> {
  if (!isServerName(server)) throw new MatrixError('M_INVALID_PARAM', 'server is no server name');
  const common = { server, timeoutMs, maxBytes, evenWhenBackingOff: true };
  try {
    // Servers without a search answer GET only, and what is not searched needs no more.
    const reply = isSearch(request)
      ? await askServer(context, { ...common, method: 'POST', path, body: bodyOf(request), idempotent: true })
      : await askServer(context, { ...common, method: 'GET', path: `${path}?${queryOf(request)}` });
    return parsePage(reply, server);
  } catch (error) {
    throw matrixErrorOf(error);
  }
}

function isSearch({ searchTerm, roomTypes }: PublicRoomsRequest): boolean {
  return searchTerm !== undefined || roomTypes !== undefined;
}

function bodyOf(request: PublicRoomsRequest): JsonObject {
  const { limit, since, searchTerm, roomTypes, allNetworks, network } = request;
  return {
    ...(limit !== undefined && { limit }),
    ...(since !== undefined && { since }),
    filter: {
      ...(searchTerm !== undefined && { generic_search_term: searchTerm }),
      ...(roomTypes !== undefined && { room_types: [...roomTypes] }),
    },
    ...(allNetworks !== undefined && { include_all_networks: allNetworks }),
    ...(network !== undefined && { third_party_instance_id: network }),
  };
}

function queryOf({ limit, since, allNetworks, network }: PublicRoomsRequest): string {
  return new URLSearchParams({
    ...(limit !== undefined && { limit: String(limit) }),
    ...(since !== undefined && { since }),
    ...(allNetworks !== undefined && { include_all_networks: String(allNetworks) }),
    ...(network !== undefined && { third_party_instance_id: network }),
  }).toString();
}

function parsePage(reply: JsonObject, server: string): JsonObject {
  const { chunk, next_batch: next, prev_batch: previous, total_room_count_estimate: total } = reply;
  if (!Array.isArray(chunk)) throw new RemoteServerError('bad-answer', server, 'it did not send a list of rooms');
  const rooms = chunk.slice(0, mostRooms).flatMap((room) => (isJsonObject(room) ? (parseSummary(room) ?? []) : []));
  return {
    chunk: rooms,
    ...(typeof next === 'string' && { next_batch: next }),
    ...(typeof previous === 'string' && { prev_batch: previous }),
    ...(typeof total === 'number' && Number.isSafeInteger(total) && { total_room_count_estimate: total }),
  };
}
