import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { CanaryUser } from './canary-user.ts';

/** What the database says of shards. */
export interface ShardFacts {
  /** Numbers of all shards. */
  list(): Promise<readonly number[]>;
  /** Undefined where the room is not known. */
  ofRoom(roomId: string): Promise<number | undefined>;
}

export interface CanaryRooms {
  /** The canary rooms that there are by now, by shard. Throws where there is none and none can be made. */
  find(deadline: Deadline): Promise<ReadonlyMap<number, string>>;
}

/**
 * Of more shards than this, so many are probed, whichever the rooms came to: each process owns several of them, and
 * `/health/ready` of each process writes into all that it owns.
 */
export const mostCanaryRooms = 16;
/** A room's shard follows from its id, which the server chooses: so many are tried at a look, */
const mostTried = 6;
/** and so many in all: for 16 rooms in 16 shards 54 are to be expected. */
const mostMade = 150;

/**
 * A room in each shard, up to 16. The first one is found or made as any client does; for the others rooms are made until
 * there are enough, and those in a shard that has one already are left. They are found again by their aliases.
 */
export function createCanaryRooms(user: CanaryUser, facts: ShardFacts): CanaryRooms {
  const rooms = new Map<number, string>();
  /** Numbers of the aliases that are free; undefined: not known yet. */
  let free: Set<number> | undefined;
  let first: string | undefined;
  let made = 0;
  let wanted = 1;
  const learn = async (deadline: Deadline, room: string): Promise<Set<number>> => {
    const [all, own] = await deadline.race(Promise.all([facts.list(), facts.ofRoom(room)]));
    rooms.clear();
    rooms.set(own ?? 0, room);
    const numbers = Array.from({ length: Math.min(all.length, mostCanaryRooms) }, (_, number) => number);
    const named = await Promise.all(
      numbers.map(async (number) => [number, await user.findRoom(number, deadline)] as const),
    );
    for (const [, found] of named) {
      const shard = found === undefined ? undefined : await deadline.race(facts.ofRoom(found));
      if (found !== undefined && shard !== undefined && !rooms.has(shard)) rooms.set(shard, found);
    }
    wanted = numbers.length;
    return new Set(named.flatMap(([number, found]) => (found === undefined ? [number] : [])));
  };
  const tryRoom = async (deadline: Deadline, numbers: Set<number>): Promise<void> => {
    made++;
    const room = await user.makeRoom(deadline);
    try {
      const shard = await deadline.race(facts.ofRoom(room));
      if (shard === undefined || rooms.has(shard)) return await user.leaveRoom(room, deadline);
      // A room has the alias of its shard where it can: that is what it was called before there was a bound.
      const number = numbers.has(shard) ? shard : [...numbers].at(-1);
      if (number === undefined) return await user.leaveRoom(room, deadline);
      await user.nameRoom(room, number, deadline);
      rooms.set(shard, room);
      numbers.delete(number);
    } catch (error) {
      // Another monitor may have taken the alias: what there is now is read anew.
      free = undefined;
      await user.leaveRoom(room, deadline).catch(() => {});
      throw error;
    }
  };
  return {
    async find(deadline) {
      first ??= await user.openRoom(deadline);
      if (rooms.size === 0) rooms.set(0, first);
      try {
        free ??= await learn(deadline, first);
        for (let tried = 0; rooms.size < wanted && tried < mostTried && made < mostMade; tried++)
          await tryRoom(deadline, free);
      } catch {
        // Without the database, or while a shard takes no rooms, those that are there have to do.
      }
      return rooms;
    },
  };
}
