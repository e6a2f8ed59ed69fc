import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { type LogEntry, stateChangesOf } from '../../platform/shard-log/log-entry.ts';
import type { AddressedEdu } from '../../rooms/addressed-edu.ts';
import { joinedServersOf, serversToTell } from '../../rooms/joined-servers.ts';
import { isUserOfServer } from '../../rooms/server-of-user.ts';
import { serversSharingRoomsWith } from '../../rooms/servers-of-user.ts';
import { deviceListStreamId, noDeviceListUpdate } from '../../storage/devices/device-list-stream.ts';
import {
  type ChangedDeviceList,
  readChangedDeviceLists,
  readDeviceListStreamId,
  readDeviceNames,
} from '../../storage/devices/read-device-list-changes.ts';
import { readLocalMembers } from '../../storage/devices/read-remote-device-lists.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readPartialJoin } from '../../storage/rooms/read-partial-rooms.ts';
import { queryLocalKeys } from '../query-keys.ts';

/** Local members of a room that was joined without knowing its members. */
const mostLocalMembers = 1_000;

/** An EDU without whom it is for. */
export interface DeviceListEdu {
  readonly type: 'm.device_list_update' | 'm.signing_key_update';
  readonly content: JsonObject;
}

/**
 * What other servers are told when a local user's devices or keys change: those that share a room with the user. Says what
 * there is now, which may be newer than the entry.
 * https://spec.matrix.org/v1.19/server-server-api/#device-management
 */
export async function edusOfDeviceList(
  context: Context,
  entry: LogEntry & { readonly kind: 'device-list' },
): Promise<AddressedEdu[]> {
  const { userId, deviceId, previous, readerId } = entry.body;
  if (readerId !== undefined || !isUserOfServer(userId, context.serverName)) return [];
  const servers = await serversSharingRoomsWith(context, userId);
  if (![...servers].some((server) => server !== context.serverName)) return [];
  const place = `${entry.shard} ${entry.position}`;
  const streamId = deviceListStreamId(entry.shard, entry.position);
  const edu =
    deviceId === undefined
      ? await signingKeyUpdate(context, userId)
      : await deviceListUpdate(context, { userId, deviceId, streamId, previous: previous ?? noDeviceListUpdate });
  // Each refers to the one before: none takes another's place, but for keys of which only the newest count.
  return edu ? [{ ...edu, servers, key: deviceId === undefined ? userId : place, keep: 'durable' }] : [];
}

/**
 * What the servers of a room are told when a local user joins it that shared no other room with the user: that there is a
 * device list, in a way that those who do not have it in its newest form ask for it. While the room's members are not all
 * known, and again when they are, only lists that have changed are told of: of the others nobody can have missed anything,
 * and the public tests of joins with partial state take them for a fault.
 */
export async function edusOfJoin(
  context: Context,
  entry: LogEntry & { readonly kind: 'event' },
): Promise<AddressedEdu[]> {
  const edus: AddressedEdu[] = [];
  for (const { type, stateKey: userId, event, replaced } of stateChangesOf(entry)) {
    const isJoin = event?.body.content['membership'] === 'join' && replaced?.content['membership'] !== 'join';
    if (type !== 'm.room.member' || !isJoin || !isUserOfServer(userId, context.serverName)) continue;
    const { roomId } = entry.body;
    if ((await wasPartial(context, roomId, entry.position)) && !(await hasChanged(context, userId))) continue;
    edus.push(...(await edusOfMeeting(context, roomId, userId)));
  }
  return edus;
}

/**
 * As edusOfJoin, of all local members of a room of which this server only now knows who is in it. Servers that share other
 * rooms, or have left meanwhile, are told too: what they were not told while they were not known to be there is not known.
 * Those that the join's reply named have been told everything since.
 */
export async function edusOfWholeRoom(
  context: Context,
  { body }: LogEntry & { readonly kind: 'room-state' },
): Promise<AddressedEdu[]> {
  const room = body.isWhole ? await findRoom(context, body.roomId) : undefined;
  const edus: AddressedEdu[] = [];
  if (!room) return edus;
  const join = await readPartialJoin(context, room.id);
  const [now, since] = await Promise.all([
    joinedServersOf(context, room.roomId),
    join ? serversToTell(context, room.roomId, join.position) : new Set<string>(),
  ]);
  const servers = new Set([...now, ...since]);
  for (const server of [context.serverName, ...(join?.servers ?? [])]) servers.delete(server);
  if (servers.size === 0) return edus;
  for (const userId of await readLocalMembers(context, room.id, mostLocalMembers)) {
    if (await hasChanged(context, userId)) edus.push(...(await announcement(context, userId, servers)));
  }
  return edus;
}

/** Whether most members of a room were not known at a position. From the tables: the log may not be followed so far. */
async function wasPartial(context: Context, roomId: string, position: number): Promise<boolean> {
  const room = await findRoom(context, roomId);
  const join = room && (await readPartialJoin(context, room.id));
  return join !== undefined && join.position <= position && (join.wholeSince ?? Infinity) > position;
}

/** Of a list that never changed nobody can have missed an update, and whoever asked for it has it. */
async function hasChanged(context: Context, userId: string): Promise<boolean> {
  return (await readDeviceListStreamId(context.database, userId)) !== noDeviceListUpdate;
}

async function edusOfMeeting(context: Context, roomId: string, userId: string): Promise<AddressedEdu[]> {
  const [servers, others] = await Promise.all([
    joinedServersOf(context, roomId),
    serversSharingRoomsWith(context, userId, roomId),
  ]);
  const fresh = new Set([...servers].filter((server) => server !== context.serverName && !others.has(server)));
  return fresh.size === 0 ? [] : await announcement(context, userId, fresh);
}

async function announcement(context: Context, userId: string, servers: ReadonlySet<string>): Promise<AddressedEdu[]> {
  const edu = await newestUpdate(context, userId);
  return edu ? [{ ...edu, servers, key: `join ${userId}`, keep: 'durable' }] : [];
}

/** Device lists that changed in a range of a shard's log, of users who share a room with a server: two EDUs each at most. */
export async function missedDeviceListEdus(
  context: Context,
  range: { readonly server: string; readonly shard: number; readonly after: number; readonly upTo: number },
): Promise<DeviceListEdu[]> {
  const edus: DeviceListEdu[] = [];
  for (const { userId } of await readMissed(context, range)) {
    const servers = await serversSharingRoomsWith(context, userId);
    if (!servers.has(range.server)) continue;
    const updates = await Promise.all([newestUpdate(context, userId), signingKeyUpdate(context, userId)]);
    edus.push(...updates.filter((edu) => edu !== undefined));
  }
  return edus;
}

async function readMissed(
  context: Context,
  { shard, after, upTo }: { readonly shard: number; readonly after: number; readonly upTo: number },
): Promise<ChangedDeviceList[]> {
  const changed = await readChangedDeviceLists(context.database, shard, after, upTo);
  return changed.filter(({ userId }) => isUserOfServer(userId, context.serverName));
}

/**
 * The newest update of a user's list, as one that refers to itself: whoever has it finds nothing missing, everybody else
 * asks for the whole list. Undefined for who has no device and never had one.
 */
async function newestUpdate(context: Context, userId: string): Promise<DeviceListEdu | undefined> {
  const [streamId, devices] = await Promise.all([
    readDeviceListStreamId(context.database, userId),
    readDeviceNames(context.database, userId),
  ]);
  const newest = devices.at(-1);
  if (!newest && streamId === noDeviceListUpdate) return undefined;
  return await deviceListUpdate(context, { userId, deviceId: newest?.deviceId ?? '-', streamId, previous: streamId });
}

async function deviceListUpdate(
  context: Context,
  update: { readonly userId: string; readonly deviceId: string; readonly streamId: number; readonly previous: number },
): Promise<DeviceListEdu> {
  const { userId, deviceId, streamId, previous } = update;
  const [devices, { deviceKeys }] = await Promise.all([
    readDeviceNames(context.database, userId),
    queryLocalKeys(context, { [userId]: [deviceId] }),
  ]);
  const device = devices.find((one) => one.deviceId === deviceId);
  const displayName = device?.displayName ?? undefined;
  const { unsigned: _name, ...keys } = deviceKeys[userId]?.[deviceId] ?? {};
  return {
    type: 'm.device_list_update',
    content: {
      ...{ user_id: userId, device_id: deviceId, stream_id: streamId, prev_id: [previous] },
      ...(device ? {} : { deleted: true }),
      ...(displayName !== undefined && { device_display_name: displayName }),
      ...(device && Object.keys(keys).length > 0 && { keys }),
    },
  };
}

/** Undefined for who has no cross-signing keys (any more). */
async function signingKeyUpdate(context: Context, userId: string): Promise<DeviceListEdu | undefined> {
  const { masterKeys, selfSigningKeys } = await queryLocalKeys(context, { [userId]: [] });
  const [master, selfSigning] = [masterKeys[userId], selfSigningKeys[userId]];
  if (!master && !selfSigning) return undefined;
  const keys = { ...(master && { master_key: master }), ...(selfSigning && { self_signing_key: selfSigning }) };
  return { type: 'm.signing_key_update', content: { user_id: userId, ...keys } };
}
