import { encodeSyncToken } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import { type KeyCounts, readKeyCounts } from '../devices/key-counts.ts';
import { receiveToDevice } from '../devices/receive-to-device.ts';
import { collectAccountData } from './collect-account-data.ts';
import { type CollectedDeviceLists, collectDeviceLists } from './collect-device-lists.ts';
import { collectInvitations } from './collect-invitations.ts';
import { collectPresence } from './collect-presence.ts';
import { collectRooms } from './collect-rooms.ts';
import { findRoomNews, type RoomNews } from './find-room-news.ts';
import type { SyncRun } from './sync-run.ts';

export interface CollectedReply {
  /** Nothing happened that the client has to be told. */
  readonly isEmpty: boolean;
  /** The reply, as JSON. */
  readonly text: string;
  /** The members of it that are in every reply. */
  readonly keyCounts: string;
}

/** Everything that a reply tells of a range. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync */
export async function collectReply(run: SyncRun): Promise<CollectedReply> {
  const { context, request, range } = run;
  const { news, invitations } = await findRoomNews(run);
  const [accountData, invited, toDevice, [deviceLists, presence], keyCounts] = await Promise.all([
    collectAccountData(run),
    collectInvitations(run, invitations),
    receiveToDevice(context, request, request.since, range.to),
    collectPeople(run, news),
    readKeyCounts(context, request.userId, request.deviceId),
  ]);
  const rooms = await collectRooms(run, news, accountData.rooms);
  let text = roomsText({ ...rooms, ...invited });
  if (accountData.global.length > 0) text += `,"account_data":{"events":[${accountData.global.join(',')}]}`;
  if (presence.length > 0) text += `,"presence":{"events":[${presence.join(',')}]}`;
  if (toDevice.length > 0) text += `,"to_device":{"events":[${toDevice.join(',')}]}`;
  if (deviceLists.changed.length + deviceLists.left.length > 0) text += deviceListsText(deviceLists);
  return replyOf(run, text, keyCountsText(keyCounts));
}

/** A reply of the members that have news, each with a comma before it, and those that are in every reply. */
export function replyOf(run: SyncRun, text: string, keyCounts: string): CollectedReply {
  const isEmpty = text === '' && !hasKeyCountNews(run);
  return { isEmpty, text: `{"next_batch":"${encodeSyncToken(run.range.to)}"${text},${keyCounts}}`, keyCounts };
}

/** Who is told of as a newcomer by the device lists is told of by the presence too. */
async function collectPeople(run: SyncRun, news: readonly RoomNews[]): Promise<[CollectedDeviceLists, string[]]> {
  const deviceLists = await collectDeviceLists(run, news);
  return [deviceLists, await collectPresence(run, deviceLists.changed)];
}

/** Pieces are only appended, so that the whole is copied once, when it is sent. */
export function roomsText(sections: Readonly<Record<string, ReadonlyMap<string, string>>>): string {
  let text = '';
  for (const [name, rooms] of Object.entries(sections)) {
    if (rooms.size === 0) continue;
    text += `${text === '' ? '' : ','}"${name}":{`;
    let separator = '';
    for (const [roomId, room] of rooms) {
      text += `${separator}${JSON.stringify(roomId)}:`;
      text += room;
      separator = ',';
    }
    text += '}';
  }
  return text === '' ? '' : `,"rooms":{${text}}`;
}

function deviceListsText({ changed, left }: CollectedDeviceLists): string {
  return `,"device_lists":{"changed":${JSON.stringify(changed)},"left":${JSON.stringify(left)}}`;
}

const keyCountsTexts = new WeakMap<KeyCounts, string>();

/** Told in every reply: clients take them as they stand. */
export function keyCountsText(counts: KeyCounts): string {
  let text = keyCountsTexts.get(counts);
  if (text === undefined) {
    const { oneTimeKeys, unusedFallbackTypes } = counts;
    text =
      `"device_one_time_keys_count":${JSON.stringify(oneTimeKeys)},` +
      `"device_unused_fallback_key_types":${JSON.stringify(unusedFallbackTypes)}`;
    keyCountsTexts.set(counts, text);
  }
  return text;
}

/** A device that waits must hear of claimed keys, to make new ones. */
function hasKeyCountNews({ digest, request }: SyncRun): boolean {
  return digest?.deviceKeys.has(`${request.userId} ${request.deviceId}`) === true;
}
