import { matchesEventFilter, matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import { receiptsText, typingText } from '../ephemeral/ephemeral-text.ts';
import { partialRoomsOf } from '../rooms/remote/partial-rooms.ts';
import { readReceipts, type StoredReceipt } from '../storage/ephemeral/read-receipts.ts';
import { cachedRoom, findRoom } from '../storage/names/room-names.ts';
import { type MembershipSpan, readMembershipSpans } from '../storage/sync/read-membership-spans.ts';
import { readUserRooms } from '../storage/sync/read-user-rooms.ts';
import type { CandidateRoom } from './candidate-rooms.ts';
import type { RoomTarget } from './collect-timelines.ts';
import type { EventLogEntry } from './connected-users.ts';
import { type RoomDigest, visibleReceipts } from './digest-range.ts';
import { planRoom, type RoomPlan } from './plan-room.ts';
import { type SyncRun, sinceIn, toIn } from './sync-run.ts';

/** A joined or left room of which something may have to be told. */
export interface RoomNews {
  readonly target: RoomTarget;
  /** Its events in the range, oldest first, when they are in memory; undefined: the tables answer. */
  readonly entries: readonly EventLogEntry[] | undefined;
  /** Events as JSON. */
  readonly ephemeral: readonly string[];
  /** The user's own receipts changed, and with them the unread counts. */
  readonly ownReceipts: boolean;
}

/** A room that the user was invited to or knocks on, since the range began. */
export interface RoomInvitation {
  readonly section: 'invite' | 'knock';
  readonly roomId: string;
  readonly room: number;
  /** Of the user's member event. */
  readonly position: number;
}

export interface FoundRooms {
  readonly news: readonly RoomNews[];
  readonly invitations: readonly RoomInvitation[];
}

const beforeEverything = -9e15;
const mostReceiptsPerRoom = 500;

const nothing: FoundRooms = { news: [], invitations: [] };

/** Which rooms have news, or may have: that is seen only when their events have been read. */
export async function findRoomNews(run: SyncRun): Promise<FoundRooms> {
  const { digest, candidates } = run;
  if (digest && candidates.length === 0) return nothing;
  const left = digest ? [] : await candidatesLeft(run);
  const numbered = await numberRooms(run, [...candidates, ...left]);
  const rooms = numbered.map((room) => (hasBecomeWhole(run, room) ? { ...room, isChanged: true } : room));
  const changed = rooms.filter((room) => room.isChanged);
  const spans = await readMembershipSpans(
    run.context,
    run.user.userId,
    changed.map(({ room }) => ({ room, since: beforeEverything })),
  );
  const targets: RoomTarget[] = [];
  const invitations: RoomInvitation[] = [];
  for (const room of rooms) {
    const memberships = room.isChanged ? (spans.get(room.room) ?? []) : undefined;
    const plan = heldBack(
      run,
      room,
      memberships ? planChanged(run, room.shard, memberships) : planStay(run, room.shard),
    );
    if (!plan) continue;
    const { roomId, room: number, shard } = room;
    if ('position' in plan) invitations.push({ roomId, room: number, section: plan.section, position: plan.position });
    else targets.push({ roomId, room: number, shard, memberships, ...plan });
  }
  return { news: await addEphemeral(run, targets), invitations };
}

/**
 * The position from which on all members of a room are known, for clients that ask for them all; for the others, where
 * something wrong was told before.
 */
function wholeSince({ context, request }: SyncRun, roomId: string): number | undefined {
  const rooms = partialRoomsOf(context);
  return request.filter.room.state.lazyLoadMembers ? rooms.correctedSince(roomId) : rooms.wholeSince(roomId);
}

function hasBecomeWhole(run: SyncRun, { roomId, shard }: CandidateRoom): boolean {
  const position = wholeSince(run, roomId);
  return position !== undefined && position > (sinceIn(run, shard) ?? beforeEverything) && position <= toIn(run, shard);
}

/**
 * A room of which most members are not known yet is not told to clients that want to know them all; when they are known,
 * it is told as if the user had just joined.
 */
function heldBack(run: SyncRun, { roomId }: CandidateRoom, plan: RoomPlan | undefined): RoomPlan | undefined {
  const position = plan?.section === 'join' ? wholeSince(run, roomId) : undefined;
  if (plan?.section !== 'join' || position === undefined) return plan;
  if (plan.upTo < position) return undefined;
  return plan.since !== undefined && plan.since < position ? { ...plan, since: undefined } : plan;
}

function planStay(run: SyncRun, shard: number): RoomPlan {
  return { section: 'join', since: sinceIn(run, shard), upTo: toIn(run, shard), scope: 'room' };
}

function planChanged(run: SyncRun, shard: number, spans: readonly MembershipSpan[]): RoomPlan | undefined {
  return planRoom(spans, sinceIn(run, shard), toIn(run, shard), run.request.filter.room.includeLeave);
}

/** Rooms that the user is in no more; initial syncs have those that the user left when the filter says so. */
async function candidatesLeft(run: SyncRun): Promise<CandidateRoom[]> {
  const onlyBans = run.range.since === undefined && !run.request.filter.room.includeLeave;
  const { rooms } = await readUserRooms(run.context, run.user.userId, true);
  return (
    rooms
      .filter(({ roomId, membership }) => {
        const isLeft = membership === 'ban' || (membership === 'leave' && !onlyBans);
        return isLeft && matchesRoom(run.request.filter.room, roomId);
      })
      // What happened after the range is for the next reply; until then the room is among those of the user.
      .filter(
        ({ shard, position }) => position > (sinceIn(run, shard) ?? beforeEverything) && position <= toIn(run, shard),
      )
      .map(({ roomId, shard }) => ({ roomId, shard, isChanged: true }))
  );
}

async function numberRooms(
  { context }: SyncRun,
  candidates: readonly CandidateRoom[],
): Promise<(CandidateRoom & { readonly room: number })[]> {
  const rooms: (CandidateRoom & { readonly room: number })[] = [];
  for (const candidate of candidates) {
    const room = cachedRoom(context, candidate.roomId) ?? (await findRoom(context, candidate.roomId));
    if (room) rooms.push({ ...candidate, room: room.id });
  }
  return rooms;
}

async function addEphemeral(run: SyncRun, targets: readonly RoomTarget[]): Promise<RoomNews[]> {
  const filter = run.request.filter.room.ephemeral;
  const wantsReceipts = matchesEventFilter(filter, { type: 'm.receipt' });
  const wantsTyping = matchesEventFilter(filter, { type: 'm.typing' });
  const read = await readChangedReceipts(run, targets);
  return targets.map((target) => {
    const { roomId, since } = target;
    const inMemory = digestOf(run, target);
    const receipts = inMemory ? visibleReceipts(inMemory, run.user.userId) : (read.get(target.room) ?? []);
    const ephemeral: string[] = [];
    if (target.section === 'join' && matchesRoom(filter, roomId)) {
      if (wantsReceipts && receipts.length > 0) ephemeral.push(receiptsText(receipts));
      const typing = run.hub.typing.changedAfter(roomId, since === undefined ? undefined : run.range.since);
      if (wantsTyping && typing) ephemeral.push(typingText(typing.filter((userId) => !run.ignored.has(userId))));
    }
    const ownReceipts = receipts.some(({ userId }) => userId === run.user.userId);
    return { target, entries: inMemory?.events, ephemeral, ownReceipts };
  });
}

/** What is in memory of a room in which the user was all the time; of others the tables know more. */
function digestOf({ digest }: SyncRun, { roomId, shard, memberships }: RoomTarget): RoomDigest | undefined {
  if (!digest || memberships !== undefined) return undefined;
  return digest.rooms.get(roomId) ?? { shard, events: [], publicReceipts: [], privateReceipts: [] };
}

async function readChangedReceipts(
  run: SyncRun,
  targets: readonly RoomTarget[],
): Promise<Map<number, StoredReceipt[]>> {
  const wanted = targets.filter((target) => target.section === 'join' && !digestOf(run, target));
  return await readReceipts(
    run.context,
    run.user.userId,
    wanted.map(({ room, since }) => ({ room, after: since ?? -1 })),
    mostReceiptsPerRoom,
  );
}
