import type { Pdu } from '../events/pdu.ts';
import { type HistoryVisibility, parseHistoryVisibility } from './history-visibility.ts';

/** What decides whether one user may read one event. The two states are those of the room just before the event. */
export interface ReaderFacts {
  readonly userId: string;
  readonly historyVisibility: HistoryVisibility;
  /** The user's `membership`; undefined when the room had no m.room.member event of this user. */
  readonly membership: string | undefined;
  /** The user joined at any time after the event, or stayed joined since. Leaving again later changes nothing. */
  readonly joinedLater: boolean;
}

/**
 * Whether a user may read an event, by the state of the room at that event.
 * An m.room.history_visibility event and the user's own m.room.member event may be read if the state before or the
 * state after the event allows it; the state after is taken from the event itself.
 *
 * This judges single events. Whether the user may ask about the room at all is the operation's own question.
 * https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-8
 */
export function mayReadEvent(event: Pick<Pdu, 'type' | 'state_key' | 'content'>, reader: ReaderFacts): boolean {
  if (mayReadAt(reader.historyVisibility, reader.membership, reader.joinedLater)) return true;
  if (event.type === 'm.room.history_visibility' && event.state_key === '') {
    return mayReadAt(parseHistoryVisibility(event.content), reader.membership, reader.joinedLater);
  }
  if (event.type === 'm.room.member' && event.state_key === reader.userId) {
    const { membership } = event.content;
    return typeof membership === 'string' && mayReadAt(reader.historyVisibility, membership, reader.joinedLater);
  }
  return false;
}

/** The rule itself, for a single state of the room. */
function mayReadAt(visibility: HistoryVisibility, membership: string | undefined, joinedLater: boolean): boolean {
  if (visibility === 'world_readable' || membership === 'join') return true;
  if (visibility === 'shared') return joinedLater;
  return visibility === 'invited' && membership === 'invite';
}
