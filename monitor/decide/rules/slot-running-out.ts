import type { SlotObservation } from '../../observations/postgres.ts';
import { fastWindow, forecastZero, slowWindow, soonest } from '../forecast.ts';
import { formatBytes, formatDuration } from '../format-figures.ts';
import { type Condition, defineRule } from '../rule.ts';

const pageMs = 30 * 60_000;
const warningMs = 6 * 3_600_000;
const pageShare = 0.15;
const warningShare = 0.5;
/** What other programs that watch go by, too. */
export const slotRunningOutLimits = { pageShare, warningShare };
/** What a slot without a bound may hold before somebody should know. */
const unboundedWarningBytes = 1024 ** 3;
const unboundedPageBytes = 16 * 1024 ** 3;

/** Logs pile up for a replica that does not take them, until its slot is given up (or, without a bound, the disk is full). */
export const slotRunningOut = defineRule({
  name: 'slot-running-out',
  title: 'Logs pile up for a replica',
  severities: ['page', 'warning'],
  source: 'postgres',
  clearAfterMs: 120_000,
  causes: ['replica-lost', 'replication-lag'],
  judge({ primary }, { isRaised }) {
    return (primary?.slots ?? []).flatMap((slot) => judgeSlot(slot, isRaised(slot.name)) ?? []);
  },
});

function judgeSlot(slot: SlotObservation, wasRaised: boolean): Condition | undefined {
  const { name, retainedBytes, safeBytes, walStatus, isActive } = slot;
  const safe = safeBytes.at(-1)?.value;
  if (walStatus === 'lost') {
    return { subject: name, severity: 'page', summary: `the slot ${name} is lost: its replica needs the archive` };
  }
  const kept = `the slot ${name} holds ${formatBytes(retainedBytes)} of logs`;
  if (safe === undefined) {
    if (isActive || retainedBytes < unboundedWarningBytes) return undefined;
    const severity = retainedBytes >= unboundedPageBytes ? 'page' : 'warning';
    return { subject: name, severity, summary: `${kept} and nothing bounds them` };
  }
  const share = safe / Math.max(1, safe + retainedBytes);
  const leftMs = soonest(forecastZero(safeBytes, fastWindow), forecastZero(safeBytes, slowWindow));
  const slack = wasRaised ? 1.3 : 1;
  const isBelow = (limitMs: number, limitShare: number) =>
    // A slot that is followed moves on by itself; what is written says nothing of it.
    share < limitShare * slack || (!isActive && leftMs !== undefined && leftMs < limitMs * slack);
  if (!isBelow(warningMs, warningShare)) return undefined;
  const left = leftMs === undefined || isActive ? '' : `, which at this pace is ${formatDuration(leftMs)}`;
  const summary = `${kept} and is lost after ${formatBytes(safe)} more${left}`;
  return { subject: name, severity: isBelow(pageMs, pageShare) ? 'page' : 'warning', summary };
}
