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

/** A room's shard follows from its id, which the server chooses: so many are tried at a look. */
const mostTried = 6;

/**
 * A room in each shard. The first one is found or made as any client does; for the others rooms are made until each shard
 * has one, and those that are not needed are left. They are found again by their aliases.
 */
export function createCanaryRooms(user: CanaryUser, facts: ShardFacts): CanaryRooms {
  const rooms = new Map<number, string>();
  let missing: Set<number> | undefined;
  let first: string | undefined;
  const learn = async (deadline: Deadline, room: string): Promise<Set<number>> => {
    const [all, own] = await deadline.race(Promise.all([facts.list(), facts.ofRoom(room)]));
    rooms.clear();
    rooms.set(own ?? 0, room);
    const others = all.filter((shard) => shard !== own);
    for (const shard of others) {
      const found = await user.findRoom(shard, deadline);
      if (found !== undefined) rooms.set(shard, found);
    }
    return new Set(others.filter((shard) => !rooms.has(shard)));
  };
  const tryRoom = async (deadline: Deadline, wanted: Set<number>): Promise<void> => {
    const room = await user.makeRoom(deadline);
    const shard = await deadline.race(facts.ofRoom(room));
    if (shard === undefined || !wanted.has(shard)) return user.leaveRoom(room, deadline);
    await user.nameRoom(room, shard, deadline);
    rooms.set(shard, room);
    wanted.delete(shard);
  };
  return {
    async find(deadline) {
      first ??= await user.openRoom(deadline);
      if (rooms.size === 0) rooms.set(0, first);
      try {
        missing ??= await learn(deadline, first);
        for (let tried = 0; missing.size > 0 && tried < mostTried; tried++) await tryRoom(deadline, missing);
      } catch {
        // Without the database, or while a shard takes no rooms, those that are there have to do.
      }
      return rooms;
    },
  };
}
