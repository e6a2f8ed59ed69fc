import { VerifiedEvent } from './received-event.ts';
import type { RefusedEvents } from './reply-events.ts';
import type { OpenedBatch } from './verify-workers.ts';

/** Of events, per batch: so few that working off one keeps nobody else waiting. */
const batchLength = 250;

/** The sound events that can be read, each batch while the one before is worked off. `note` hears what was refused so far. */
export async function* readBatches(
  batch: OpenedBatch,
  note: (refused: RefusedEvents) => void = () => {},
): AsyncGenerator<readonly VerifiedEvent[]> {
  const readNext = () => {
    const reading = batch.ask({ kind: 'read', limit: batchLength });
    // Whoever does not read to the end does not hear of it.
    reading.catch(() => {});
    return reading;
  };
  for (let reading = readNext(); ; ) {
    const { events, refused } = await reading;
    note(refused);
    if (events.length === 0) return;
    reading = readNext();
    yield events.map(({ eventId, pduJson }) => new VerifiedEvent(eventId, pduJson));
  }
}
