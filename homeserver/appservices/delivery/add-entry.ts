import { typingText } from '../../ephemeral/ephemeral-text.ts';
import type { TypingMemory } from '../../ephemeral/typing-memory.ts';
import type { Context } from '../../platform/context.ts';
import { type EntryKind, type LogEntry, stateChangesOf } from '../../platform/shard-log/log-entry.ts';
import { clientEventText } from '../../rooms/client-event-text.ts';
import { joinedRoomsOf } from '../../rooms/servers-of-user.ts';
import type { ApplicationService } from '../registrations/application-service.ts';
import type { RoomInterests } from './room-interests.ts';
import { inRoom, type TransactionDraft } from './transaction-draft.ts';

/** On whose behalf entries of the log are looked at. */
export interface EntryReader {
  readonly context: Context;
  readonly service: ApplicationService;
  readonly interests: RoomInterests;
  readonly typing: TypingMemory;
  /** By shard: how far the service has been sent what is for it. */
  readonly sentUpTo: readonly number[];
  /** Wall clock, for `age`. */
  readonly nowMs: number;
  /** The entries came just now: what may be lost is worth telling. */
  isFresh: boolean;
}

type EntryOf<Kind extends EntryKind> = LogEntry & { readonly kind: Kind };
type AddEntry<Kind extends EntryKind> = (
  reader: EntryReader,
  draft: TransactionDraft,
  entry: EntryOf<Kind>,
) => Promise<void> | void;

/** Whoever is in a room now is in it at this position. */
const atPresent = Number.MAX_SAFE_INTEGER;

/** What services are told of each kind of entry. */
const addByKind: { readonly [Kind in EntryKind]: AddEntry<Kind> | undefined } = {
  event: addEvent,
  receipt: addReceipt,
  typing: addTyping,
  presence: addPresence,
  'to-device': addMessages,
  'device-list': addDeviceList,
  'one-time-keys': addKeyCounts,
  'account-data': undefined,
  session: undefined,
  profile: undefined,
  'outgoing-to-device': undefined,
  'room-state': undefined,
  'application-services': undefined,
  'room-alias': undefined,
};

/** Adds to a draft what the service wants of an entry, without a promise where nothing has to be waited for. */
export function addEntry(reader: EntryReader, draft: TransactionDraft, entry: LogEntry): Promise<void> | void {
  const add = addByKind[entry.kind] as AddEntry<EntryKind> | undefined;
  return add?.(reader, draft, entry);
}

function wantsInRoom(
  { interests, service, sentUpTo }: EntryReader,
  roomId: string,
  { shard, position }: { readonly shard: number; readonly position: number },
): boolean | Promise<boolean> {
  const interest = interests.get(roomId, sentUpTo[shard] ?? 0);
  if (!(interest instanceof Promise)) return interest?.wants(service, position) ?? false;
  return interest.then((known) => known?.wants(service, position) ?? false);
}

/** https://spec.matrix.org/v1.19/application-service-api/#registration */
function addEvent(reader: EntryReader, draft: TransactionDraft, entry: EntryOf<'event'>): Promise<void> | void {
  const { service } = reader;
  const { body } = entry;
  const isOwn = service.hasUser(body.sender) || (body.type === 'm.room.member' && service.hasUser(body.stateKey ?? ''));
  const wants = isOwn || wantsInRoom(reader, body.roomId, entry);
  if (wants instanceof Promise) return wants.then((isWanted) => putEvent(reader, draft, entry, isWanted));
  return putEvent(reader, draft, entry, wants);
}

function putEvent(
  reader: EntryReader,
  draft: TransactionDraft,
  entry: EntryOf<'event'>,
  isWanted: boolean,
): Promise<void> | void {
  if (!isWanted) return;
  const { roomId, eventId } = entry.body;
  const viewer = { userId: '', deviceId: '', nowMs: reader.nowMs };
  draft.addEvent(eventId, clientEventText(entry, viewer, roomId));
  if (!reader.service.registration.receivesDeviceLists) return;
  return addMoves(reader, draft, entry);
}

/** Whose device lists the service has to follow from now on, and whose no more. */
async function addMoves(reader: EntryReader, draft: TransactionDraft, entry: EntryOf<'event'>): Promise<void> {
  for (const { type, stateKey, event, replaced } of stateChangesOf(entry)) {
    if (type !== 'm.room.member') continue;
    const isJoined = event?.body.content['membership'] === 'join';
    const wasJoined = replaced?.content['membership'] === 'join';
    if (isJoined && !wasJoined) draft.addChangedList(stateKey);
    else if (wasJoined && !isJoined && !(await sharesRoom(reader, stateKey))) draft.addLeftList(stateKey);
  }
}

async function sharesRoom(reader: EntryReader, userId: string): Promise<boolean> {
  if (reader.service.hasUser(userId)) return true;
  for (const roomId of await joinedRoomsOf(reader.context, userId)) {
    // The log of another shard: what counts there is the present.
    const interest = await reader.interests.get(roomId, atPresent);
    if (interest?.wants(reader.service, atPresent)) return true;
  }
  return false;
}

async function addReceipt(reader: EntryReader, draft: TransactionDraft, entry: EntryOf<'receipt'>): Promise<void> {
  if (!reader.service.registration.receivesEphemeral) return;
  const { roomId, userId, receiptType } = entry.body;
  const isPublic = receiptType === 'm.read' || (receiptType === 'm.read.private' && reader.service.hasUser(userId));
  if (isPublic && (await wantsInRoom(reader, roomId, entry))) draft.addReceipt(entry.body);
}

async function addTyping(reader: EntryReader, draft: TransactionDraft, entry: EntryOf<'typing'>): Promise<void> {
  const { roomId } = entry.body;
  if (!reader.isFresh || !reader.service.registration.receivesEphemeral) return;
  if (!(await wantsInRoom(reader, roomId, entry))) return;
  draft.addEphemeral(`typing ${roomId}`, inRoom(roomId, typingText(reader.typing.inRoom(roomId))));
}

async function addPresence(reader: EntryReader, draft: TransactionDraft, entry: EntryOf<'presence'>): Promise<void> {
  if (!reader.isFresh || !reader.service.registration.receivesEphemeral) return;
  const { userId, presence, statusMessage, lastActiveMs, currentlyActive } = entry.body;
  if (!(await sharesRoom(reader, userId))) return;
  const content = {
    presence,
    currently_active: currentlyActive,
    last_active_ago: Math.max(0, reader.nowMs - lastActiveMs),
    ...(statusMessage !== undefined && { status_msg: statusMessage }),
  };
  draft.addEphemeral(`presence ${userId}`, JSON.stringify({ type: 'm.presence', sender: userId, content }));
}

/** MSC4203. */
function addMessages(reader: EntryReader, draft: TransactionDraft, entry: EntryOf<'to-device'>): void {
  const { userId, deviceId } = entry.body;
  if (!reader.service.registration.receivesEphemeral || !reader.service.hasUser(userId)) return;
  draft.addMessages({ userId, deviceId, shard: entry.shard, position: entry.position });
  // What can be decrypted with the message depends on the keys that are left.
  addKeyCounts(reader, draft, entry);
}

/** MSC3202. */
async function addDeviceList(
  reader: EntryReader,
  draft: TransactionDraft,
  { body }: EntryOf<'device-list'>,
): Promise<void> {
  if (!reader.service.registration.receivesDeviceLists) return;
  const { userId, readerId } = body;
  const concerns = readerId === undefined ? await sharesRoom(reader, userId) : reader.service.hasUser(readerId);
  if (concerns) draft.addChangedList(userId);
}

/** MSC3202. */
function addKeyCounts(
  { service }: EntryReader,
  draft: TransactionDraft,
  { body: { userId, deviceId } }: EntryOf<'one-time-keys'> | EntryOf<'to-device'>,
): void {
  if (service.registration.receivesDeviceLists && service.hasUser(userId)) draft.addKeyCounts(userId, deviceId);
}
