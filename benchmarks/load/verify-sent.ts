import { type BenchUser } from './bench-user.ts';
import type { Population } from './make-population.ts';
import { readNewestEventIds } from './read-room.ts';
import { runConcurrently } from './run-concurrently.ts';

/** Checks that acknowledged events are all there; throws an error that counts the missing and the doubled. */
export type VerifySent = (eventIds: ReadonlyMap<string, readonly string[]>) => Promise<void>;

/**
 * Reads as many of each room's newest events as were acknowledged and requires that they are the same.
 * Nothing else may have sent to these rooms since.
 */
export function verifySentByPaging(population: Population): VerifySent {
  return async (eventIds) => {
    const reader = new Map(population.rooms.map((room) => [room.roomId, room.members[0] as BenchUser]));
    const rooms = [...eventIds];
    // One after the other: a reader may own several rooms.
    await runConcurrently(rooms.length, 1, async (index) => {
      const [roomId, acknowledged] = rooms[index] as [string, readonly string[]];
      const found = await readNewestEventIds(reader.get(roomId) as BenchUser, roomId, acknowledged.length);
      compareEventIds(roomId, acknowledged, found);
    });
  };
}

/** Throws unless both hold the same event ids, each once. */
export function compareEventIds(roomId: string, acknowledged: readonly string[], found: readonly string[]): void {
  const expected = new Set(acknowledged);
  const seen = new Set(found);
  const missing = acknowledged.filter((eventId) => !seen.has(eventId)).length;
  const doubled = found.length - seen.size + (acknowledged.length - expected.size);
  if (missing > 0 || doubled > 0) {
    throw new Error(
      `${roomId}: of ${acknowledged.length} acknowledged events ${missing} are missing, ${doubled} doubled`,
    );
  }
}
