import { encodeSyncToken } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import { readKeyCounts } from '../devices/key-counts.ts';
import { receiveToDevice } from '../devices/receive-to-device.ts';
import { collectAccountData } from './collect-account-data.ts';
import { type CollectedDeviceLists, collectDeviceLists } from './collect-device-lists.ts';
import { collectInvitations } from './collect-invitations.ts';
import { collectPresence } from './collect-presence.ts';
import { collectRooms } from './collect-rooms.ts';
import { findRoomNews } from './find-room-news.ts';
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
  const [accountData, invited, presence, toDevice, deviceLists, keyCounts] = await Promise.all([
    collectAccountData(run),
    collectInvitations(run, invitations),
    collectPresence(run),
    receiveToDevice(context, request, request.since, range.to),
    collectDeviceLists(run, news),
    keyCountsText(run),
  ]);
  const rooms = await collectRooms(run, news, accountData.rooms);
  const sections = { ...rooms, ...invited };
  const parts = [`"next_batch":"${encodeSyncToken(range.to)}"`];
  const told = Object.entries(sections).filter(([, byRoom]) => byRoom.size > 0);
  if (told.length > 0) parts.push(`"rooms":{${told.map(([name, byRoom]) => sectionText(name, byRoom)).join(',')}}`);
  if (accountData.global.length > 0) parts.push(`"account_data":{"events":[${accountData.global.join(',')}]}`);
  if (presence.length > 0) parts.push(`"presence":{"events":[${presence.join(',')}]}`);
  if (toDevice.length > 0) parts.push(`"to_device":{"events":[${toDevice.join(',')}]}`);
  if (deviceLists.changed.length + deviceLists.left.length > 0) parts.push(deviceListsText(deviceLists));
  const isEmpty = parts.length === 1 && !hasKeyCountNews(run);
  return { isEmpty, text: `{${parts.join(',')},${keyCounts}}`, keyCounts };
}

function sectionText(name: string, rooms: ReadonlyMap<string, string>): string {
  const texts: string[] = [];
  for (const [roomId, text] of rooms) texts.push(`${JSON.stringify(roomId)}:${text}`);
  return `"${name}":{${texts.join(',')}}`;
}

function deviceListsText({ changed, left }: CollectedDeviceLists): string {
  return `"device_lists":{"changed":${JSON.stringify(changed)},"left":${JSON.stringify(left)}}`;
}

/** Told in every reply: clients take them as they stand. */
async function keyCountsText({ context, request }: SyncRun): Promise<string> {
  const { oneTimeKeys, unusedFallbackTypes } = await readKeyCounts(context, request.userId, request.deviceId);
  return (
    `"device_one_time_keys_count":${JSON.stringify(oneTimeKeys)},` +
    `"device_unused_fallback_key_types":${JSON.stringify(unusedFallbackTypes)}`
  );
}

/** A device that waits must hear of claimed keys, to make new ones. */
function hasKeyCountNews({ entries, request }: SyncRun): boolean {
  if (!entries) return false;
  return entries.some(
    ({ kind, body }) =>
      kind === 'one-time-keys' && body.userId === request.userId && body.deviceId === request.deviceId,
  );
}
