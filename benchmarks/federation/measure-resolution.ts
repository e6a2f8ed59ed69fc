import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { resolveState } from '@holdfast/protocol/state-resolution/resolve-state.ts';
import { makeConflictedRoom } from '../micro/conflicted-room.ts';
import type { Figure } from './federation-run.ts';

/** Two events for each member's key. */
const conflictedEvents = 10_000;

/** How long the rules alone take for a room that split in two, in the version that takes longest. */
export function measureResolution(): Figure[] {
  const tookMs = ['10', '11', '12'].map((version) => {
    const rules = roomVersionRules(version);
    if (rules === undefined) throw new Error(`no room version ${version}`);
    const input = makeConflictedRoom(rules, conflictedEvents / 2);
    const startMs = performance.now();
    resolveState(input);
    return performance.now() - startMs;
  });
  return [{ key: 'resolveMs', value: Math.max(...tookMs) }];
}
