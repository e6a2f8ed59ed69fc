import { type BenchUser } from './bench-user.ts';
import type { PopulatedRoom, Population } from './make-population.ts';
import { sampleText, seededRandomness } from './sample-text.ts';
import { sendMessage } from './send-message.ts';
import { type Summary, summarize } from './summary.ts';

/** What came of sending for a while. */
export interface SendLoad {
  readonly acknowledgedPerSecond: number;
  /** Of one send, milliseconds. */
  readonly latencyMs: Summary;
  /** Event ids acknowledged in each room (by room id), in no certain order. */
  readonly eventIds: ReadonlyMap<string, string[]>;
}

/**
 * Sends from the first `clients` users at once, each the next message as soon as the last was acknowledged,
 * in turn to each of its rooms. Rate and latencies are of the time until the deadline; requests that are under way
 * then are waited for and their ids kept.
 */
export async function sendForSeconds(population: Population, clients: number, seconds: number): Promise<SendLoad> {
  const latenciesMs: number[] = [];
  const eventIds = new Map<string, string[]>();
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  let countedUntilEnd = 0;

  async function runClient(client: number): Promise<void> {
    const user = population.users[client] as BenchUser;
    const rooms = population.roomsOfUser[client] as readonly PopulatedRoom[];
    const random = seededRandomness(client + 1);
    for (let turn = 0; performance.now() < endMs; turn += 1) {
      const { roomId } = rooms[turn % rooms.length] as PopulatedRoom;
      const text = sampleText(random);
      const beforeMs = performance.now();
      const eventId = await sendMessage(user, roomId, text);
      const afterMs = performance.now();
      if (afterMs <= endMs) countedUntilEnd += 1;
      latenciesMs.push(afterMs - beforeMs);
      const known = eventIds.get(roomId);
      if (known === undefined) eventIds.set(roomId, [eventId]);
      else known.push(eventId);
    }
  }

  await Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)));
  return { acknowledgedPerSecond: countedUntilEnd / seconds, latencyMs: summarize(latenciesMs), eventIds };
}
