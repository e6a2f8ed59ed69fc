import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import { redactEvent } from '@holdfast/protocol/events/redact-event.ts';
import type { HistoryVisibility } from '@holdfast/protocol/history-visibility/history-visibility.ts';
import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import type { Span } from '../../storage/rooms/read-reader-spans.ts';
import { readServerSpans, readVisibilitySpans } from '../../storage/rooms/read-server-spans.ts';
import type { WireEvent } from '../../storage/rooms/read-wire-events.ts';
import { isErased } from '../erased-users.ts';
import { joinedServersOf } from '../joined-servers.ts';

/**
 * Events of a room as the texts that another server gets: whole where one of its users could read them, redacted
 * otherwise, so that it can follow how events refer to each other. What erased users sent is whole only for servers that
 * were there. One query where the room's history is open to all
 * its members, two elsewhere.
 * https://spec.matrix.org/v1.19/server-server-api/#backfilling-and-retrieving-missing-events
 */
export async function filterForServer(
  context: Context,
  room: RoomName,
  serverName: string,
  events: readonly WireEvent[],
): Promise<string[]> {
  if (events.length === 0) return [];
  const [visibilities, joined] = await Promise.all([
    readVisibilitySpans(context, room),
    joinedServersOf(context, room.roomId),
  ]);
  const visibilityAt = (position: number) => valueAt(visibilities, position) ?? 'shared';
  const isOpen = ({ position, pdu }: WireEvent) =>
    openVisibilities.has(visibilityAt(position)) && !isErased(context, pdu.sender);
  if (joined.has(serverName) && events.every(isOpen)) {
    return events.map(({ pduJson }) => pduJson);
  }
  const memberships = await readServerSpans(context, room, serverName);
  const lastJoinEnd = Math.max(-Infinity, ...memberships.map(({ value, to }) => (value === 'join' ? to : -Infinity)));
  const reader = { visibilityAt, memberships, lastJoinEnd };
  const mayRead = ({ position, pdu }: WireEvent) =>
    mayServerRead(position, reader) && (!isErased(context, pdu.sender) || wasServerThere(position, reader));
  return events.map((event) =>
    mayRead(event) ? event.pduJson : encodePdu(redactEvent(event.pdu, event.rules), event.rules),
  );
}

/** With these, who is in the room now may read what was said before. */
const openVisibilities: ReadonlySet<HistoryVisibility> = new Set(['world_readable', 'shared']);

interface ServerReader {
  readonly visibilityAt: (position: number) => HistoryVisibility;
  readonly memberships: readonly Span<'join' | 'invite'>[];
  /** The last of its users left at this position. */
  readonly lastJoinEnd: number;
}

/** An event that changes who may read counts as readable if it is so before or after the change, as for users. */
function mayServerRead(position: number, { visibilityAt, memberships, lastJoinEnd }: ServerReader): boolean {
  return [position - 1, position].some((place) => {
    const visibility = visibilityAt(place);
    if (visibility === 'world_readable') return true;
    if (visibility === 'shared') return place <= lastJoinEnd;
    return memberships.some(
      ({ value, from, to }) => from <= place && place < to && (value === 'join' || visibility === 'invited'),
    );
  });
}

function wasServerThere(position: number, { memberships }: ServerReader): boolean {
  return memberships.some(({ value, from, to }) => value === 'join' && from <= position && position < to);
}

function valueAt<Value>(spans: readonly Span<Value>[], position: number): Value | undefined {
  return spans.find(({ from, to }) => from <= position && position < to)?.value;
}
