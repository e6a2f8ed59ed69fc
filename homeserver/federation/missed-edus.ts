import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { missedDeviceListEdus } from '../devices/remote-lists/device-list-edus.ts';
import type { Context } from '../platform/context.ts';

export interface MissedRange {
  readonly server: string;
  readonly shard: number;
  /** Positions in (after, upTo] of the shard's log. */
  readonly after: number;
  readonly upTo: number;
}

export interface Edu {
  readonly type: string;
  readonly content: JsonObject;
}

/**
 * What a server that was away for long is told besides events: the newest of each kind of a range of a shard's log that
 * still matters, read from the tables. Each line gives a bounded number.
 */
const readers: readonly ((context: Context, range: MissedRange) => Promise<readonly Edu[]>)[] = [missedDeviceListEdus];

/** EDUs of 'durable' keep that were for a server and have not been sent, oldest first. */
export async function readMissedEdus(context: Context, range: MissedRange): Promise<Edu[]> {
  const found: Edu[] = [];
  for (const read of readers) found.push(...(await read(context, range)));
  return found;
}
