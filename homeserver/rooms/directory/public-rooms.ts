import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import type { ListedRoom } from './listed-room.ts';
import { compareListedRooms, publishedRooms } from './published-rooms.ts';

export interface PublicRoomsRequest {
  readonly limit?: number | undefined;
  readonly since?: string | undefined;
  /** Found in name, topic or canonical alias, whatever the case. */
  readonly searchTerm?: string | undefined;
  /** null: rooms without a type. */
  readonly roomTypes?: readonly (string | null)[] | undefined;
  /** Rooms of one bridged network only, by its `instance_id`. */
  readonly network?: string | undefined;
  /** Rooms of all bridged networks, and the server's own. */
  readonly allNetworks?: boolean | undefined;
}

const defaultLimit = 100;
const maxLimit = 500;

/**
 * A page of the public room directory, as JSON text. Throws M_INVALID_PARAM for a `since` that is none.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3publicrooms
 */
export async function listPublicRooms(context: Context, request: PublicRoomsRequest): Promise<string> {
  const { searchTerm = '', roomTypes, network, allNetworks } = request;
  const list = network !== undefined ? { instanceId: network } : allNetworks ? 'all' : 'own';
  const term = searchTerm.trim().toLowerCase();
  const listed = await publishedRooms(context).list(list);
  const rooms = listed.filter(
    (room) => room.searchText.includes(term) && (roomTypes === undefined || roomTypes.includes(room.roomType)),
  );
  const limit = Math.min(Math.max(request.limit ?? defaultLimit, 1), maxLimit);
  const [first, last] = pageBounds(rooms, decodeSince(request.since), limit);
  const page = rooms.slice(first, last);
  let text = `{"chunk":[${page.map(({ json }) => json).join(',')}]`;
  const [before, after] = [page[0], page.at(-1)];
  if (after && last < rooms.length) text += `,"next_batch":"${encodeSince('after', after)}"`;
  if (before && first > 0) text += `,"prev_batch":"${encodeSince('before', before)}"`;
  return `${text},"total_room_count_estimate":${rooms.length}}`;
}

/** Where to go on: next to a room with so many members, whether it still stands there or not. */
interface Since {
  readonly direction: 'after' | 'before';
  readonly joined: number;
  readonly room: number;
}

function pageBounds(rooms: readonly ListedRoom[], since: Since | undefined, limit: number): [number, number] {
  if (!since) return [0, limit];
  if (since.direction === 'after') {
    const next = rooms.findIndex((room) => compareListedRooms(room, since) > 0);
    return next === -1 ? [rooms.length, rooms.length] : [next, next + limit];
  }
  const end = rooms.findLastIndex((room) => compareListedRooms(room, since) < 0) + 1;
  return [Math.max(0, end - limit), end];
}

const sinceForm = /^(after|before)_(\d{1,15})_(\d{1,10})$/;

function encodeSince(direction: Since['direction'], { joined, room }: ListedRoom): string {
  return `${direction}_${joined}_${room}`;
}

function decodeSince(text: string | undefined): Since | undefined {
  if (text === undefined || text === '') return undefined;
  const [, direction, joined, room] = sinceForm.exec(text) ?? [];
  if (direction !== 'after' && direction !== 'before') {
    throw new MatrixError('M_INVALID_PARAM', 'since is no token of the room directory');
  }
  return { direction, joined: Number(joined), room: Number(room) };
}
