import type { Sql } from 'postgres';

export interface CeilingEvent {
  readonly roomId: string;
  readonly eventId: string;
  readonly json: string;
}

/** Resolves when the event is committed. */
export type WriteEvent = (event: CeilingEvent) => Promise<void>;

const largestBatch = 1_000;

interface Waiting {
  readonly event: CeilingEvent;
  resolve(): void;
  reject(error: unknown): void;
}

/** Makes the one table. */
export async function createCeilingTable(sql: Sql): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS ceiling_event (
    position bigint PRIMARY KEY, room_id text NOT NULL, event_id text NOT NULL, json text NOT NULL)`;
}

/** Group commit: while one insert is under way, all that arrives meanwhile becomes the next one. */
export function writeInBatches(sql: Sql, firstPosition: number): WriteEvent {
  let waiting: Waiting[] = [];
  let writing = false;
  let position = firstPosition;

  async function writeAll(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, largestBatch);
      waiting = waiting.slice(largestBatch);
      try {
        await insertBatch(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  }

  async function insertBatch(batch: readonly Waiting[]): Promise<void> {
    const positions = batch.map(() => {
      position += 1;
      return position;
    });
    await sql`INSERT INTO ceiling_event SELECT * FROM unnest(
      ${positions}::bigint[], ${batch.map(({ event }) => event.roomId)}::text[],
      ${batch.map(({ event }) => event.eventId)}::text[], ${batch.map(({ event }) => event.json)}::text[])`;
  }

  return (event) =>
    new Promise((resolve, reject) => {
      waiting.push({ event, resolve, reject });
      // After this turn of the event loop, so that requests which arrived together share the first batch too.
      if (!writing) {
        writing = true;
        setImmediate(() => void writeAll());
      }
    });
}
