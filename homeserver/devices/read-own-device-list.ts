import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { readDeviceListStreamId, readDeviceNames } from '../storage/devices/read-device-list-changes.ts';
import { queryLocalKeys } from './query-keys.ts';

export interface OwnDeviceList {
  /** `stream_id` of the newest update that the rest surely contains. */
  readonly streamId: number;
  /** Those with keys. */
  readonly devices: readonly {
    readonly deviceId: string;
    readonly displayName: string | null;
    readonly keys: JsonObject;
  }[];
  readonly masterKey: JsonObject | undefined;
  readonly selfSigningKey: JsonObject | undefined;
}

/** How often a list that changes all the time is read again. */
const maxTries = 5;

/** The device list of a local user, as other servers may see it. */
export async function readOwnDeviceList(context: Context, userId: string): Promise<OwnDeviceList> {
  for (let left = maxTries; ; left--) {
    const streamId = await readDeviceListStreamId(context.database, userId);
    const [names, keys] = await Promise.all([
      readDeviceNames(context.database, userId),
      queryLocalKeys(context, { [userId]: [] }),
    ]);
    // Read in several steps: whole when nothing changed in between. What changed then has an update that follows.
    if (left > 0 && (await readDeviceListStreamId(context.database, userId)) !== streamId) continue;
    const displayNames = new Map(names.map(({ deviceId, displayName }) => [deviceId, displayName]));
    return {
      streamId,
      devices: Object.entries(keys.deviceKeys[userId] ?? {}).map(([deviceId, { unsigned: _name, ...signed }]) => ({
        deviceId,
        displayName: displayNames.get(deviceId) ?? null,
        keys: signed,
      })),
      masterKey: keys.masterKeys[userId],
      selfSigningKey: keys.selfSigningKeys[userId],
    };
  }
}
