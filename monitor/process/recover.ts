import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { formatBytes } from '../decide/format-figures.ts';
import type { Recovery } from '../recover/choose-recoveries.ts';
import type { DiskReserve } from '../recover/disk-reserve.ts';
import { dropSlot } from '../storage/drop-slot.ts';
import type { MonitorSql } from '../storage/open-monitor-database.ts';
import { setProcessRests } from '../storage/process-rests.ts';

export interface RecoverParts {
  readonly sql: MonitorSql;
  readonly reserve: DiskReserve | undefined;
  readonly dropSlotsOverBytes: number | undefined;
  readonly log: Log;
}

const timeoutMs = 10_000;

/** Does one recovery; gives what stands on the timeline, or undefined where nothing was changed. Never throws. */
export async function recover(recovery: Recovery, parts: RecoverParts): Promise<string | undefined> {
  const deadline = startDeadline(timeoutMs, recovery.kind);
  try {
    const text = await deadline.race(act(recovery, parts));
    if (text !== undefined) parts.log.warn({ recovery }, text);
    return text;
  } catch (error) {
    parts.log.error({ err: error, recovery }, 'a recovery failed');
    return undefined;
  } finally {
    deadline.finish();
  }
}

async function act(
  recovery: Recovery,
  { sql, reserve, dropSlotsOverBytes }: RecoverParts,
): Promise<string | undefined> {
  switch (recovery.kind) {
    case 'rest-process': {
      const isDone = await setProcessRests(sql, recovery.id, true);
      return isDone ? `${recovery.name} is slow: its shards go to the others` : undefined;
    }
    case 'wake-process': {
      const isDone = await setProcessRests(sql, recovery.id, false);
      return isDone ? `${recovery.name} has been well for a while: it takes shards again` : undefined;
    }
    case 'release-reserve':
      await reserve?.release();
      return `the reserve of ${formatBytes(reserve?.sizeBytes ?? 0)} is given to the database: its volume is full`;
    case 'fill-reserve':
      await reserve?.fill();
      return undefined;
    default: {
      const isDone = await dropSlot(sql, recovery.slot, dropSlotsOverBytes ?? Number.POSITIVE_INFINITY);
      const held = formatBytes(recovery.heldBytes);
      return isDone ? `the slot ${recovery.slot} is dropped: it held ${held} of logs, its bound` : undefined;
    }
  }
}
