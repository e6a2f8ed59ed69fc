import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { resolveStateInSlices } from '@holdfast/protocol/state-resolution/resolve-state.ts';
import type { Figure } from '../figure-table.ts';
import { makeConflictedRoom } from '../micro/conflicted-room.ts';

/** Two events for each member's key. */
const conflictedEvents = 10_000;

/**
 * How long the rules alone take for a room that split in two, in the version that takes longest, and how long they keep
 * everything else waiting.
 */
export function measureResolution(): Figure[] {
  const measured = ['10', '11', '12'].map(measureVersion);
  return [
    { key: 'resolveMs', value: Math.max(...measured.map(({ tookMs }) => tookMs)) },
    { key: 'resolveSliceMs', value: Math.max(...measured.map(({ longestSliceMs }) => longestSliceMs)) },
  ];
}

function measureVersion(version: string): { tookMs: number; longestSliceMs: number } {
  const rules = roomVersionRules(version);
  if (rules === undefined) throw new Error(`no room version ${version}`);
  const input = makeConflictedRoom(rules, conflictedEvents / 2);
  const startMs = performance.now();
  const slices = resolveStateInSlices(input);
  let longestSliceMs = 0;
  for (let isOver = false; !isOver; ) {
    const sliceMs = performance.now();
    isOver = slices.next().done === true;
    longestSliceMs = Math.max(longestSliceMs, performance.now() - sliceMs);
  }
  return { tookMs: performance.now() - startMs, longestSliceMs };
}
