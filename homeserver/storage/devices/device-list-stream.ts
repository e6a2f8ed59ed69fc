import { maxShards } from '@holdfast/protocol/sync-tokens/sync-token.ts';

/** `stream_id` of a device list of which no update has been told yet. */
export const noDeviceListUpdate = 0;

/** `stream_id` of the update that an entry of the log tells: no other update of the user has it, whatever its shard. */
export function deviceListStreamId(shard: number, position: number): number {
  return position * maxShards + shard;
}
