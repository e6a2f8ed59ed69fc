import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { OwnedShard } from '../../platform/shard-log/command.ts';
import { serverOfUser } from '../../rooms/joined-servers.ts';
import type { CrossSigningUsage, StoredCrossSigningKey } from '../../storage/devices/cross-signing-rows.ts';
import type { StoredDeviceKeys } from '../../storage/devices/read-device-keys.ts';
import type { RemoteDeviceList } from '../../storage/devices/remote-device-list-row.ts';
import { deleteCrossSigningKey, putCrossSigningKey } from '../../storage/devices/write-cross-signing.ts';
import { putDeviceList } from '../../storage/devices/write-device-lists.ts';
import {
  deleteRemoteDeviceList,
  deleteRemoteDevicesOf,
  putRemoteDevice,
  putRemoteDeviceList,
} from '../../storage/devices/write-remote-device-lists.ts';
import { parseRemoteCrossSigningKey, parseRemoteDevice } from './check-remote-keys.ts';

/** The whole device list of another server's user, as that server gives it. */
export interface FetchedDeviceList {
  readonly userId: string;
  readonly streamId: number;
  readonly devices: readonly StoredDeviceKeys[];
  /** The master and the self-signing key, those that there are. */
  readonly crossSigningKeys: readonly StoredCrossSigningKey[];
}

/** Cross-signing keys that servers tell each other. Whom a user has verified stays at home. */
export const sharedUsages: readonly CrossSigningUsage[] = ['master', 'self_signing'];

const maxDevices = 10_000;

/**
 * The answer to GET /user/devices; undefined where it is not of the right form. Devices whose keys are not right are left
 * out. https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid
 */
export function parseDeviceList(userId: string, answer: JsonObject): FetchedDeviceList | undefined {
  const { user_id: answered, stream_id: streamId, devices } = answer;
  if (answered !== userId || !isStreamId(streamId) || !Array.isArray(devices) || devices.length > maxDevices) {
    return undefined;
  }
  const parsed = devices.flatMap((device) => {
    const { device_id: deviceId, keys, device_display_name: name } = (device ?? {}) as JsonObject;
    return parseRemoteDevice(userId, deviceId, keys, name) ?? [];
  });
  const keys = sharedUsages.flatMap((usage) => parseRemoteCrossSigningKey(userId, usage, answer[`${usage}_key`]) ?? []);
  return { userId, streamId, devices: parsed, crossSigningKeys: keys };
}

export function isStreamId(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Commands about the device list of one user run one after another. */
export function remoteDeviceListKey({ userId }: { readonly userId: string }): string {
  return `remote-device-list ${userId}`;
}

/** The rows of a whole copy in place of those that were there. */
export function replaceCopy(
  shard: Pick<OwnedShard, 'id'>,
  list: FetchedDeviceList,
  state: { readonly isStale: boolean; readonly mark: number },
): Write[] {
  const { userId, streamId, devices, crossSigningKeys } = list;
  return [
    writeList(shard, { userId, streamId, ...state }),
    deleteRemoteDevicesOf(userId),
    ...devices.map(putRemoteDevice),
    ...sharedUsages.map((usage) => deleteCrossSigningKey(userId, usage)),
    ...crossSigningKeys.map(putCrossSigningKey),
  ];
}

/** Deletes everything that is kept of a user of another server. */
export function deleteCopy(userId: string): Write[] {
  return [
    deleteRemoteDeviceList(userId),
    deleteRemoteDevicesOf(userId),
    ...sharedUsages.map((usage) => deleteCrossSigningKey(userId, usage)),
  ];
}

export function writeList(shard: Pick<OwnedShard, 'id'>, list: RemoteDeviceList): Write {
  return putRemoteDeviceList({ ...list, server: serverOfUser(list.userId), shard: shard.id });
}

/** What tells this server's clients that a user's devices or keys are others now; `position` is the entry's. */
export function tellRemoteChange(shard: Pick<OwnedShard, 'id'>, userId: string, position: number) {
  return {
    entry: { kind: 'device-list', body: { userId } } as const,
    write: putDeviceList(userId, shard.id, position, null),
  };
}
