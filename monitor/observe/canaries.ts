import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { CanaryObservation } from '../observations/canary.ts';
import { createBadSince } from './bad-since.ts';
import { createCanaryRooms, type ShardFacts } from './canary-rooms.ts';
import { CanaryRefusedError, type CanaryUser } from './canary-user.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

/** A canary every so often: five megabytes of messages a day. */
const everyMs = 20_000;
const sendTimeoutMs = 5_000;
const syncTimeoutMs = 2_000;
/** One that is not seen for so long is looked for in the room itself. */
const searchAfterMs = 60_000;
const mostUnderWay = 50;
/** The homeserver looks for new registrations every second; a busy one takes longer to begin. */
const introductionMs = 60_000;
const unknownTokenStatus = 401;

/** What is known of one shard's canaries. */
interface ShardCanary {
  /** When those that are waited for were sent, by event id. */
  readonly underWay: Map<string, number>;
  since: string | undefined;
  lostMessages: number;
  roundTripMs: number | undefined;
}

/**
 * The write probe: a message is sent into each shard's canary room as any client does, and must come back over /sync.
 * Shards are probed side by side: one that hangs delays no other's.
 */
export function canariesSource(user: CanaryUser, facts: ShardFacts, random: Random): Source<'canaries'> {
  const refused = createBadSince();
  const rooms = createCanaryRooms(user, facts);
  const known = new Map<number, ShardCanary>();
  const canaryOf = (shard: number): ShardCanary => {
    const canary = known.get(shard) ?? {
      underWay: new Map(),
      since: undefined,
      lostMessages: 0,
      roundTripMs: undefined,
    };
    known.set(shard, canary);
    return canary;
  };
  const lookAt = async (
    shard: number,
    roomId: string,
    deadline: Deadline,
    atMs: number,
  ): Promise<CanaryObservation> => {
    const canary = canaryOf(shard);
    const startMs = deadline.remainingMs();
    const readMs = () => atMs + Math.round(startMs - deadline.remainingMs());
    const why = await failureWithin(deadline, (own) => say(user, random, { roomId, canary, atMs }, own));
    const refusedForMs = refused.note(`shard ${shard}`, why !== undefined, atMs);
    await failureWithin(deadline, (own) => listen(user, { roomId, canary, readMs }, own));
    await failureWithin(deadline, (own) => search(user, { roomId, canary, atMs }, own));
    const { underWay, lostMessages, roundTripMs } = canary;
    const oldestMs = Math.min(...underWay.values());
    return {
      ...{ shard, refusedForMs, unseenForMs: underWay.size > 0 ? readMs() - oldestMs : 0, lostMessages },
      ...(roundTripMs !== undefined && { roundTripMs }),
      ...(why !== undefined && { why }),
    };
  };
  let seen: ReadonlyMap<number, string> = new Map();
  let firstMs: number | undefined;
  return {
    ...{ name: 'canaries', everyMs, timeoutMs: 3 * sendTimeoutMs + syncTimeoutMs },
    async look(deadline, atMs): Promise<CanaryObservation[]> {
      firstMs ??= atMs;
      let isUnknown = false;
      const why = await failureWithin(deadline, async (own) => {
        seen = await rooms.find(own).catch((error: unknown) => {
          isUnknown = error instanceof CanaryRefusedError && error.status === unknownTokenStatus;
          throw error;
        });
      });
      if (seen.size === 0) {
        // The homeserver has not heard of the canaries' user yet, which says nothing of messages.
        if (isUnknown && atMs - firstMs < introductionMs) return [];
        // Not even a room can be made: that is a message that is refused.
        const refusedForMs = refused.note('shard 0', why !== undefined, atMs);
        return [{ ...{ shard: 0, refusedForMs, unseenForMs: 0, lostMessages: 0 }, ...(why !== undefined && { why }) }];
      }
      return Promise.all([...seen].map(([shard, roomId]) => lookAt(shard, roomId, deadline, atMs)));
    },
  };
}

interface Probe {
  readonly roomId: string;
  readonly canary: ShardCanary;
}

async function say(
  user: CanaryUser,
  random: Random,
  { roomId, canary, atMs }: Probe & { readonly atMs: number },
  deadline: Deadline,
): Promise<void> {
  canary.since ??= (await user.sync(roomId, undefined, 0, deadline)).next;
  const eventId = await user.say(roomId, `canary.${random.token(9)}`, `canary ${random.token(6)}`, deadline);
  if (canary.underWay.size < mostUnderWay) canary.underWay.set(eventId, atMs);
}

async function listen(
  user: CanaryUser,
  { roomId, canary, readMs }: Probe & { readMs(): number },
  deadline: Deadline,
): Promise<void> {
  const { underWay, since } = canary;
  if (since === undefined) return;
  const { eventIds, next } = await user.sync(roomId, since, underWay.size > 0 ? syncTimeoutMs : 0, deadline);
  canary.since = next;
  for (const eventId of eventIds) {
    const sentMs = underWay.get(eventId);
    if (sentMs !== undefined) canary.roundTripMs = readMs() - sentMs;
    underWay.delete(eventId);
  }
}

async function search(
  user: CanaryUser,
  { roomId, canary, atMs }: Probe & { readonly atMs: number },
  deadline: Deadline,
): Promise<void> {
  for (const [eventId, sentMs] of canary.underWay) {
    if (atMs - sentMs < searchAfterMs) continue;
    if (await user.hasEvent(roomId, eventId, deadline)) continue;
    canary.underWay.delete(eventId);
    canary.lostMessages += 1;
  }
}

async function failureWithin(outer: Deadline, work: (own: Deadline) => Promise<void>): Promise<string | undefined> {
  const own = startDeadline(sendTimeoutMs, 'a canary', { signal: outer.signal });
  try {
    await own.race(work(own));
    return undefined;
  } catch (error) {
    return describeFailure(error);
  } finally {
    own.finish();
  }
}
