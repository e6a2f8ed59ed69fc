import type { PresenceState } from '../storage/ephemeral/presence-states.ts';
import type { StoredPresence } from '../storage/ephemeral/read-presence.ts';

interface PresentDevice {
  readonly state: 'online' | 'unavailable';
  readonly untilMs: number;
  /** Its user is not idle by itself: an application service says so. */
  readonly isSteady?: boolean;
}

/** Times are monotonic milliseconds of the process that owns the user's shard, but for those that say otherwise. */
export interface PresentUser {
  readonly userId: string;
  /** Devices that sync, each until when it counts without another call. */
  readonly devices: Map<string, PresentDevice>;
  statusMessage: string | undefined;
  activeAtMs: number;
  /** Milliseconds since 1970, as data. */
  activeAtWallMs: number;
  /** Of another server's user: what that server said last, and until when it counts. Such users have no devices here. */
  remote?: { readonly state: PresenceState; readonly currentlyActive: boolean; readonly untilMs: number };
  /** What was told last, and when. */
  told: StoredPresence | undefined;
  toldAtMs: number;
}

/** Without activity an online user is idle after this time. https://spec.matrix.org/v1.19/client-server-api/#idle-timeout */
const idleAfterMs = 5 * 60_000;
/** As long after an activity a user is called currently active, and further activity is not told. */
const currentlyActiveMs = 60_000;

const tellAgainAfterMs = 25 * 60_000;

/** The presence that follows from what a user's devices do, or what the user's own server says. */
export function presenceOfUser(user: PresentUser, nowMs: number): StoredPresence {
  const { userId, statusMessage, activeAtWallMs: lastActiveMs, remote } = user;
  if (remote) {
    const counts = remote.untilMs > nowMs;
    const state = counts ? remote.state : 'offline';
    return { userId, state, statusMessage, lastActiveMs, currentlyActive: counts && remote.currentlyActive };
  }
  const state = stateOfDevices(user, nowMs);
  const currentlyActive = state === 'online' && nowMs - user.activeAtMs < currentlyActiveMs;
  return { userId, state, statusMessage, lastActiveMs, currentlyActive };
}

/** Whether nobody says any more that the user is there. */
export function isForgettable({ devices, remote }: PresentUser, nowMs: number): boolean {
  return remote ? remote.untilMs <= nowMs || remote.state === 'offline' : devices.size === 0;
}

/**
 * Whether it is time to tell once more that a user is there: other servers take who is not heard of for half an hour to
 * have gone away.
 */
export function isPresenceDue(user: PresentUser, presence: StoredPresence, nowMs: number): boolean {
  return !user.remote && presence.state !== 'offline' && nowMs - user.toldAtMs > tellAgainAfterMs;
}

function stateOfDevices({ devices, activeAtMs }: PresentUser, nowMs: number): PresenceState {
  const live = [...devices.values()].filter(({ untilMs }) => untilMs > nowMs);
  if (live.length === 0) return 'offline';
  if (live.every(({ state }) => state === 'unavailable')) return 'unavailable';
  if (live.some(({ state, isSteady }) => isSteady && state === 'online')) return 'online';
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
