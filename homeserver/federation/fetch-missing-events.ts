import type { Context } from '../platform/context.ts';
import { askServerForEvents } from '../remote-servers/received-events/ask-server-for-events.ts';
import type { VerifiedEvent } from '../remote-servers/received-events/received-event.ts';
import { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import { readExtremityIds, type WaitingEvent } from '../storage/federation/read-waiting-events.ts';
import { type RoomName, rulesOfRoom } from '../storage/names/room-names.ts';

const timeoutMs = 30_000;
const maxBytes = 16 * 1024 * 1024;
/** Wanted at once; servers may give fewer. */
const limit = 100;
const maxIds = 20;

/**
 * Asks a server for the events between the room as it is here and `latest`. Gives those that are sound, none where the
 * server refuses; undefined where it does not answer.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1get_missing_eventsroomid
 */
export async function fetchMissingEvents(
  context: Context,
  room: RoomName,
  server: string,
  latest: readonly WaitingEvent[],
  signal: AbortSignal,
): Promise<{ eventId: string; pduJson: string }[] | undefined> {
  const earliest = await readExtremityIds(context, room, maxIds);
  return await askAndListen(context, async () => {
    const reply = await askServerForEvents(context, {
      ...{ server, signal, timeoutMs, maxBytes, rules: rulesOfRoom(room), arrays: ['events'] },
      ...{ method: 'POST', idempotent: true },
      path: `/_matrix/federation/v1/get_missing_events/${encodeURIComponent(room.roomId)}`,
      body: {
        earliest_events: earliest,
        latest_events: latest.slice(0, maxIds).map(({ eventId }) => eventId),
        limit,
        min_depth: 0,
      },
    });
    try {
      const events: VerifiedEvent[] = [];
      for await (const batch of reply.batches()) events.push(...batch);
      const ofRoom = events.filter(({ pdu }) => pdu.room_id === room.roomId).slice(0, limit);
      return ofRoom.map(({ eventId, pduJson }) => ({ eventId, pduJson }));
    } finally {
      reply.close();
    }
  });
}

async function askAndListen<T>(context: Context, ask: () => Promise<T[]>): Promise<T[] | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RemoteServerError)) throw error;
    context.log.debug({ server: error.serverName, problem: error.message }, 'a server did not tell missing events');
    return error.kind === 'refused' || error.kind === 'bad-answer' ? [] : undefined;
  }
}

/** `work`'s result, or `nothing` where another server did not do its part. */
export async function orNothing<T>(context: Context, nothing: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RemoteServerError)) throw error;
    context.log.debug({ server: error.serverName, problem: error.message }, 'a server did not help to fill a gap');
    return nothing;
  }
}
