import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { CanaryObservation } from '../observations/canary.ts';
import { createBadSince } from './bad-since.ts';
import type { CanaryUser } from './canary-user.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

/** A canary every so often: five megabytes of messages a day. */
const everyMs = 20_000;
const sendTimeoutMs = 5_000;
const syncTimeoutMs = 2_000;
/** One that is not seen for so long is looked for in the room itself. */
const searchAfterMs = 60_000;
const mostUnderWay = 50;

/**
 * The write probe: a message is sent into the canary room as any client does, and must come back over /sync.
 */
export function canariesSource(user: CanaryUser, random: Random): Source<'canaries'> {
  const refused = createBadSince();
  const underWay = new Map<string, number>();
  let roomId: string | undefined;
  let since: string | undefined;
  let lostMessages = 0;
  let roundTripMs: number | undefined;

  const say = async (deadline: Deadline, atMs: number): Promise<void> => {
    roomId ??= await user.openRoom(deadline);
    since ??= (await user.sync(roomId, undefined, 0, deadline)).next;
    const eventId = await user.say(roomId, `canary.${random.token(9)}`, `canary ${random.token(6)}`, deadline);
    if (underWay.size < mostUnderWay) underWay.set(eventId, atMs);
  };
  const listen = async (deadline: Deadline, readMs: () => number): Promise<void> => {
    if (roomId === undefined || since === undefined) return;
    const { eventIds, next } = await user.sync(roomId, since, underWay.size > 0 ? syncTimeoutMs : 0, deadline);
    since = next;
    for (const eventId of eventIds) {
      const sentMs = underWay.get(eventId);
      if (sentMs !== undefined) roundTripMs = readMs() - sentMs;
      underWay.delete(eventId);
    }
  };
  const search = async (deadline: Deadline, atMs: number): Promise<void> => {
    for (const [eventId, sentMs] of underWay) {
      if (roomId === undefined || atMs - sentMs < searchAfterMs) continue;
      if (await user.hasEvent(roomId, eventId, deadline)) continue;
      underWay.delete(eventId);
      lostMessages += 1;
    }
  };

  return {
    ...{ name: 'canaries', everyMs, timeoutMs: 2 * sendTimeoutMs + syncTimeoutMs },
    async look(deadline, atMs): Promise<CanaryObservation[]> {
      const startMs = deadline.remainingMs();
      const readMs = () => atMs + Math.round(startMs - deadline.remainingMs());
      const why = await failureWithin(deadline, (own) => say(own, atMs));
      const refusedForMs = refused.note('canary', why !== undefined, atMs);
      await failureWithin(deadline, (own) => listen(own, readMs));
      await failureWithin(deadline, (own) => search(own, atMs));
      const oldestMs = Math.min(...underWay.values());
      return [
        {
          ...{ shard: 0, refusedForMs, unseenForMs: underWay.size > 0 ? readMs() - oldestMs : 0, lostMessages },
          ...(roundTripMs !== undefined && { roundTripMs }),
          ...(why !== undefined && { why }),
        },
      ];
    },
  };
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
