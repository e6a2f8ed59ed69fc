import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askForHierarchy } from './ask-for-hierarchy.ts';
import { maySeeSummary, readChildrenState, summariseResidentRooms } from './resident-rooms.ts';
import { listSpaceChildren, type RoomSummary, type SpaceChild } from './room-summary.ts';

export interface HierarchyRequest {
  readonly roomId: string;
  readonly suggestedOnly: boolean;
  readonly maxDepth?: number | undefined;
  readonly limit?: number | undefined;
  readonly from?: string | undefined;
}

/** A user of this server, or an administrator who may see all that is here. */
type HierarchyViewer = { readonly userId: string } | 'administrator';

const defaultLimit = 50;
const maxLimit = 100;
const defaultDepth = 20;
const maxDepthLimit = 100;
/** A tree is not walked further than this, whatever the page. */
const mostRooms = 5_000;

/** Where the next page begins, and what it must be asked for with. */
interface PageToken {
  readonly skip: number;
  readonly depth: number;
  readonly suggestedOnly: boolean;
}

interface HierarchyRoom extends RoomSummary {
  children_state: JsonObject[];
}

/**
 * A page of a space's tree, depth first, each room once, of what the user may see. The same page follows however many
 * processes there are: the tree is walked anew from its root, with what others said of it still in memory.
 * An administrator of the server sees every room that is here, and other servers are not asked. Throws M_FORBIDDEN (to an
 * administrator M_NOT_FOUND), M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidhierarchy
 */
export async function viewHierarchy(
  context: Context,
  viewer: HierarchyViewer,
  request: HierarchyRequest,
): Promise<{ rooms: JsonObject[]; next_batch?: string }> {
  const depth = Math.min(request.maxDepth ?? defaultDepth, maxDepthLimit);
  const limit = Math.min(Math.max(request.limit ?? defaultLimit, 1), maxLimit);
  const { suggestedOnly } = request;
  const skip = decodeToken(request.from, { depth, suggestedOnly });
  const walk = new HierarchyWalk(context, viewer, depth, suggestedOnly);
  const rooms: JsonObject[] = [];
  let seen = 0;
  for await (const room of walk.rooms(request.roomId)) {
    if (rooms.length === limit) {
      return { rooms, next_batch: encodeToken({ skip: skip + limit, depth, suggestedOnly }) };
    }
    if (seen++ >= skip) rooms.push(room);
  }
  if (seen === 0 && viewer === 'administrator') throw new MatrixError('M_NOT_FOUND', 'This room is not known here');
  if (seen === 0) throw new MatrixError('M_FORBIDDEN', 'You may not see this room, or it does not exist');
  return { rooms };
}

/** A room that waits for its turn. */
interface Waiting {
  readonly roomId: string;
  readonly via: readonly string[];
  readonly depth: number;
  /** As the server of its parent sees it. */
  readonly summary: RoomSummary | undefined;
}

class HierarchyWalk {
  readonly #context: Context;
  readonly #viewer: HierarchyViewer;
  readonly #maxDepth: number;
  readonly #suggestedOnly: boolean;
  /** Of rooms that this server is in; read for all children of a space together. */
  readonly #resident = new Map<string, RoomSummary>();
  readonly #inaccessible = new Set<string>();

  constructor(context: Context, viewer: HierarchyViewer, maxDepth: number, suggestedOnly: boolean) {
    this.#context = context;
    this.#viewer = viewer;
    this.#maxDepth = maxDepth;
    this.#suggestedOnly = suggestedOnly;
  }

  async *rooms(rootId: string): AsyncGenerator<HierarchyRoom, void, undefined> {
    const stack: Waiting[] = [{ roomId: rootId, via: [], depth: 0, summary: undefined }];
    const visited = new Set<string>();
    await this.#readResident([rootId]);
    for (let next = stack.pop(); next && visited.size < mostRooms; next = stack.pop()) {
      if (visited.has(next.roomId)) continue;
      visited.add(next.roomId);
      const found = await this.#look(next);
      if (!found) continue;
      const { summary, children, remote } = found;
      yield { ...summary, children_state: children.map(({ stripped }) => stripped) };
      if (next.depth >= this.#maxDepth) continue;
      await this.#readResident(children.map(({ roomId }) => roomId));
      for (const id of remote?.inaccessible ?? []) this.#inaccessible.add(id);
      // The first child comes off the stack first.
      for (const { roomId, via } of children.toReversed()) {
        stack.push({ roomId, via, depth: next.depth + 1, summary: remote?.children.get(roomId) });
      }
    }
  }

  async #readResident(roomIds: readonly string[]): Promise<void> {
    const unread = roomIds.filter((roomId) => !this.#resident.has(roomId));
    for (const [roomId, summary] of await summariseResidentRooms(this.#context, unread)) {
      this.#resident.set(roomId, summary);
    }
  }

  /** What the user may see of a room; undefined: nothing. */
  async #look({ roomId, via, summary: told }: Waiting) {
    const resident = this.#resident.get(roomId);
    if (resident) {
      if (!(await this.#maySee(resident))) return undefined;
      const children = isSpace(resident) ? await readChildrenState(this.#context, roomId) : [];
      return { summary: resident, children: this.#list(children), remote: undefined };
    }
    if (this.#inaccessible.has(roomId) || this.#viewer === 'administrator') return undefined;
    // A room that is no space has no children to ask for.
    if (told && !isSpace(told)) {
      return (await this.#maySee(told)) ? { summary: told, children: [], remote: undefined } : undefined;
    }
    const remote = await askForHierarchy(this.#context, roomId, via, this.#suggestedOnly);
    if (!remote || !(await this.#maySee(remote.room))) return undefined;
    return { summary: remote.room, children: this.#list(remote.childrenState), remote };
  }

  #list(events: readonly JsonObject[]): SpaceChild[] {
    return listSpaceChildren(events, this.#suggestedOnly);
  }

  async #maySee(summary: RoomSummary): Promise<boolean> {
    return this.#viewer === 'administrator' || (await maySeeSummary(this.#context, this.#viewer, summary));
  }
}

function isSpace(summary: RoomSummary): boolean {
  return summary['room_type'] === 'm.space';
}

/** What the federation endpoint tells of a room and its children; only rooms that this server is in. */
export async function tellHierarchy(
  context: Context,
  serverName: string,
  roomId: string,
  suggestedOnly: boolean,
): Promise<JsonObject> {
  const viewer = { serverName };
  const room = (await summariseResidentRooms(context, [roomId])).get(roomId);
  if (!room || !(await maySeeSummary(context, viewer, room))) {
    throw new MatrixError('M_NOT_FOUND', 'This room is not known here, or your server cannot get to see it');
  }
  const events = isSpace(room) ? await readChildrenState(context, roomId) : [];
  const children = listSpaceChildren(events, suggestedOnly).slice(0, maxLimit);
  const summaries = await summariseResidentRooms(
    context,
    children.map((child) => child.roomId),
  );
  const seen: RoomSummary[] = [];
  const inaccessible: string[] = [];
  for (const child of children) {
    const summary = summaries.get(child.roomId);
    if (!summary) continue;
    if (await maySeeSummary(context, viewer, summary)) seen.push(summary);
    else inaccessible.push(child.roomId);
  }
  return {
    room: { ...room, children_state: children.map(({ stripped }) => stripped) },
    children: seen,
    inaccessible_children: inaccessible,
  };
}

const maxTokenLength = 200;

function encodeToken(token: PageToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** How many rooms were told already. Throws M_INVALID_PARAM for a foreign token, or one of another request. */
function decodeToken(from: string | undefined, asked: Omit<PageToken, 'skip'>): number {
  if (from === undefined) return 0;
  const token = from.length <= maxTokenLength ? parseJsonObject(Buffer.from(from, 'base64url')).value : undefined;
  const skip = token?.['skip'];
  if (!token || typeof skip !== 'number' || !Number.isSafeInteger(skip) || skip < 1) {
    throw new MatrixError('M_INVALID_PARAM', 'from is no token of this operation');
  }
  if (token['depth'] !== asked.depth || token['suggestedOnly'] !== asked.suggestedOnly) {
    throw new MatrixError('M_INVALID_PARAM', 'suggested_only and max_depth cannot change between pages');
  }
  return skip;
}
