import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { changePresenceCommand } from './change-presence.ts';

interface NotedPresence {
  readonly presence: string;
  /** The owner of the user counts on it until then; monotonic. */
  readonly untilMs: number;
}

interface PresenceNotes {
  /** By user id, then device id: made for each call of /sync, a joined key would cost more than all the rest. */
  readonly devices: BoundedCache<string, Map<string, NotedPresence>>;
  /** When users' activity was noted last; monotonic. */
  readonly activity: BoundedCache<string, number>;
}

const keptNotes = 50_000;
/** What a client has time for between two calls. */
const graceMs = 15_000;
/** Notes cover so much more than asked for, so that not every call makes one. */
const aheadMs = 30_000;
const activityEveryMs = 30_000;

const notesOf = new WeakMap<Context, PresenceNotes>();

/**
 * Notes that a device syncs, and thereby that its user is there. Costs a command when that changes and twice a minute
 * otherwise; only a client that begins waits for it, so that it does not wake up from its own coming. https://spec.matrix.org/v1.19/client-server-api/#presence
 */
export function notePresenceOfSync(
  context: Context,
  sync: {
    readonly userId: string;
    readonly deviceId: string;
    readonly presence: 'online' | 'unavailable';
    readonly timeoutMs: number;
  },
): Promise<void> | undefined {
  if (!context.config.presence.enabled) return undefined;
  const { userId, deviceId, presence, timeoutMs } = sync;
  const { devices } = notesIn(context);
  const nowMs = context.clock.monotonicMs();
  const neededMs = timeoutMs + graceMs;
  let ofUser = devices.get(userId);
  const noted = ofUser?.get(deviceId);
  if (noted?.presence === presence && noted.untilMs >= nowMs + neededMs) return undefined;
  const keepMs = neededMs + aheadMs;
  if (!ofUser) {
    ofUser = new Map();
    devices.set(userId, ofUser);
  }
  ofUser.set(deviceId, { presence, untilMs: nowMs + keepMs });
  return context.shardLog
    .submit(changePresenceCommand, shardOfUser(context, userId), {
      userId,
      deviceId,
      presence,
      keepMs,
      isActive: false,
    })
    .then(() => undefined)
    .catch((error: unknown) => {
      devices.get(userId)?.delete(deviceId);
      context.log.debug({ err: error }, 'the presence of a user could not be noted');
    });
}

/** Notes that a user did something, such as sending a message. */
export function noteActivity(context: Context, userId: string): void {
  if (!context.config.presence.enabled) return;
  const { activity } = notesIn(context);
  const nowMs = context.clock.monotonicMs();
  if (nowMs - (activity.get(userId) ?? Number.NEGATIVE_INFINITY) < activityEveryMs) return;
  activity.set(userId, nowMs);
  context.shardLog
    .submit(changePresenceCommand, shardOfUser(context, userId), { userId, deviceId: '', keepMs: 0, isActive: true })
    .catch((error: unknown) => context.log.debug({ err: error }, 'the activity of a user could not be noted'));
}

function notesIn(context: Context): PresenceNotes {
  let notes = notesOf.get(context);
  if (!notes) {
    notes = { devices: new BoundedCache(keptNotes), activity: new BoundedCache(keptNotes) };
    notesOf.set(context, notes);
  }
  return notes;
}
