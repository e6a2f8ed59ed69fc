import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { redactEvent } from '@holdfast/protocol/events/redact-event.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import { readErasedUsers } from '../storage/accounts/read-erased-users.ts';
import { cachedRoom, rulesOfRoom } from '../storage/names/room-names.ts';
import { clientJsonOf } from '../storage/rooms/client-json.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import type { MembershipAt } from './client-event-text.ts';

/** The erased users of this server, in memory: they are few, and every event that is shown asks for its sender. */
const erasedUsers = perContext(() => new Set<string>());

/** Reads the erased users and follows the log for new ones. Returns how to stop. */
export async function startErasedUsers(context: Context): Promise<() => void> {
  const erased = erasedUsers.of(context);
  const stop = context.shardLog.tail.subscribe((_, entries) => {
    for (const { kind, body } of entries) if (kind === 'session' && body.isErased) erased.add(body.userId);
  });
  for (const userId of await readErasedUsers(context)) erased.add(userId);
  return stop;
}

/** Of a room whose version is not at hand: it takes away the most. */
const currentRules = roomVersionRules('12') as RoomVersionRules;

export function isErased(context: Context, userId: string): boolean {
  return erasedUsers.of(context).has(userId);
}

/**
 * Events of a room as they are shown to one user: what erased users sent is redacted for those who were not in the room
 * at its time. https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountdeactivate
 */
export function withoutErased(
  context: Context,
  roomId: string,
  events: readonly TimelineEvent[],
  membershipAt: MembershipAt,
): readonly TimelineEvent[] {
  const erased = erasedUsers.of(context);
  if (erased.size === 0) return events;
  const room = cachedRoom(context, roomId);
  const rules = room ? rulesOfRoom(room) : currentRules;
  return events.map((event) =>
    erased.has(event.body.sender) && membershipAt(event.position) !== 'join' ? withoutContent(event, rules) : event,
  );
}

function withoutContent(event: TimelineEvent, rules: RoomVersionRules): TimelineEvent {
  const { eventId, roomId, type, sender, stateKey, originServerTs, content } = event.body;
  const known = event.pdu ?? {
    ...{ room_id: roomId, type, sender, content, origin_server_ts: originServerTs },
    ...{ depth: 0, prev_events: [], auth_events: [] },
    ...(stateKey !== undefined && { state_key: stateKey }),
  };
  const pdu: Pdu = redactEvent(known, rules);
  const { replaced: _, ...body } = event.body;
  return {
    ...event,
    ...(event.pdu && { pdu }),
    body: { ...body, content: pdu.content, clientJson: clientJsonOf(rules, eventId, pdu) },
  };
}
