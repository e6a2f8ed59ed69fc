import type { PresenceState } from '../storage/ephemeral/presence-states.ts';
import type { StoredPresence } from '../storage/ephemeral/read-presence.ts';

/** Times are monotonic milliseconds of the process that owns the user's shard, but for those that say otherwise. */
export interface PresentUser {
  readonly userId: string;
  /** Devices that sync, each until when it counts without another call. */
  readonly devices: Map<string, { readonly state: 'online' | 'unavailable'; readonly untilMs: number }>;
  statusMessage: string | undefined;
  activeAtMs: number;
  /** Milliseconds since 1970, as data. */
  activeAtWallMs: number;
  /** What was told last. */
  told: StoredPresence | undefined;
}

/** Without activity an online user is idle after this time. https://spec.matrix.org/v1.19/client-server-api/#idle-timeout */
const idleAfterMs = 5 * 60_000;
/** As long after an activity a user is called currently active, and further activity is not told. */
const currentlyActiveMs = 60_000;

/** The presence that follows from what a user's devices do. */
export function presenceOfUser(user: PresentUser, nowMs: number): StoredPresence {
  const state = stateOfDevices(user, nowMs);
  return {
    userId: user.userId,
    state,
    statusMessage: user.statusMessage,
    lastActiveMs: user.activeAtWallMs,
    currentlyActive: state === 'online' && nowMs - user.activeAtMs < currentlyActiveMs,
  };
}

function stateOfDevices({ devices, activeAtMs }: PresentUser, nowMs: number): PresenceState {
  const live = [...devices.values()].filter(({ untilMs }) => untilMs > nowMs);
  if (live.length === 0) return 'offline';
  if (live.every(({ state }) => state === 'unavailable')) return 'unavailable';
  return nowMs - activeAtMs > idleAfterMs ? 'unavailable' : 'online';
}

/** Whether others have to hear of it: not of every activity, but of every other change. */
export function isPresenceNews(before: StoredPresence | undefined, after: StoredPresence): boolean {
  if (!before) return after.state !== 'offline' || after.statusMessage !== undefined;
  return (
    before.state !== after.state ||
    before.statusMessage !== after.statusMessage ||
    before.currentlyActive !== after.currentlyActive
  );
}
