import { clientEventJson, clientEventOf } from '@holdfast/protocol/events/client-event.ts';
import { redactContent } from '@holdfast/protocol/events/redact-event.ts';
import { findRoom, rulesOfRoom } from '../storage/names/room-names.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import type { EventLogEntry } from './connected-users.ts';
import type { KnownRedaction } from './known-redactions.ts';
import type { SyncRun } from './sync-run.ts';

type ShownEntry = EventLogEntry & { readonly redactedBecause?: string };

/** Events from the log as they are now: those that were redacted after they came are shown without their content. */
export async function redactEntries(run: SyncRun, entries: readonly EventLogEntry[]): Promise<readonly ShownEntry[]> {
  const { redactions } = run.hub;
  if (!entries.some(({ body }) => redactions.get(body.eventId))) return entries;
  return await Promise.all(
    entries.map(async (entry) => {
      const redaction = redactions.get(entry.body.eventId);
      return redaction ? await redactEntry(run, entry, redaction) : entry;
    }),
  );
}

async function redactEntry(run: SyncRun, entry: EventLogEntry, redaction: KnownRedaction): Promise<ShownEntry> {
  const { body } = entry;
  const room = await findRoom(run.context, body.roomId);
  if (!room) throw new Error(`event ${body.eventId} is of a room that does not exist`);
  const content = redactContent(body.type, body.content, rulesOfRoom(room));
  const { eventId, type, sender, stateKey, originServerTs } = body;
  const shown = { eventId, type, sender, stateKey, originServerTs, contentJson: JSON.stringify(content) };
  const clientJson = clientEventJson(shown).slice(0, -1);
  const redactedBecause = redaction.json ?? (await readRedaction(run, redaction.eventId));
  return {
    ...entry,
    body: { ...body, content, clientJson },
    ...(redactedBecause !== undefined && { redactedBecause }),
  };
}

async function readRedaction({ context }: SyncRun, eventId: string): Promise<string | undefined> {
  const event = await readEventById(context, eventId);
  return event && clientEventJson(clientEventOf(event.pdu, eventId, event.rules));
}
