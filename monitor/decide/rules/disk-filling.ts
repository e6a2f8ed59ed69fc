import type { VolumeObservation } from '../../observations/volumes.ts';
import { fastWindow, forecastZero, slowWindow } from '../forecast.ts';
import { formatBytes, formatDuration, formatShare } from '../format-figures.ts';
import { type Condition, defineRule } from '../rule.ts';

const hourMs = 3_600_000;
const pageShare = 0.05;
const warningShare = 0.1;
const slowPageMs = 4 * hourMs;

/** What other programs that watch go by, too. */
export const diskFillingLimits = { pageShare, warningShare, slowPageMs };

/**
 * A volume is full soon. It is told by the time that is left, at the pace of the last minutes and at that of the last
 * hours.
 */
export const diskFilling = defineRule({
  name: 'disk-filling',
  title: 'A volume is filling up',
  severities: ['page', 'warning'],
  source: 'volumes',
  // Before somebody is called because the database has stopped: the cause is what they have to know.
  raiseAfterMs: 5_000,
  clearAfterMs: 120_000,
  causes: ['slot-running-out', 'replica-lost', 'archive-failing'].map((rule) => ({
    rule,
    explains: (_cause, symptom) => symptom.subject.includes('database'),
  })),
  judge(volumes, { isRaised }) {
    return volumes.flatMap((volume) => {
      const subject = nameVolume(volume);
      return judgeVolume(volume, subject, isRaised(subject)) ?? [];
    });
  },
});

/** With what it holds, which says what it can be the cause of. */
export function nameVolume({ holds, path }: Pick<VolumeObservation, 'holds' | 'path'>): string {
  return `${holds} at ${path}`;
}

function judgeVolume(volume: VolumeObservation, subject: string, wasRaised: boolean): Condition | undefined {
  const { availableBytes, sizeBytes } = volume;
  const available = availableBytes.at(-1)?.value;
  if (available === undefined || sizeBytes <= 0) return undefined;
  const share = available / sizeBytes;
  const besidesLogs = volume.besidesLogsBytes ?? [];
  // Logs that grow up to their bound are no sign of a full disk, unless there is no room for them.
  const falling = (besidesLogs.at(-1)?.value ?? 0) > 0 ? besidesLogs : availableBytes;
  const fastMs = forecastZero(falling, fastWindow) ?? Number.POSITIVE_INFINITY;
  const slowMs = forecastZero(falling, slowWindow) ?? Number.POSITIVE_INFINITY;
  const slack = wasRaised ? 1.3 : 1;
  const isPage = share < pageShare * slack || fastMs < hourMs * slack || slowMs < slowPageMs * slack;
  const isWarning = share < warningShare * slack || fastMs < 4 * hourMs * slack || slowMs < 48 * hourMs * slack;
  if (!isPage && !isWarning) return undefined;
  const leftMs = Math.min(fastMs, slowMs);
  const left = Number.isFinite(leftMs) ? `, full in ${formatDuration(leftMs)}` : '';
  const summary = `${subject}: ${formatBytes(available)} (${formatShare(share)}) can still be written${left}`;
  return { subject, severity: isPage ? 'page' : 'warning', summary };
}
