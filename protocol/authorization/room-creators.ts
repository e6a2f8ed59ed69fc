import type { IdentifiedPdu, Pdu } from '../events/pdu.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';

const creatorsOfCreateEvent = new WeakMap<Pdu, ReadonlySet<string>>();

/**
 * The user ids that count as creators of a room: `content.creator` until version 10, the create event's sender in
 * version 11, and the sender with `content.additional_creators` from version 12 on.
 * https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules
 *
 * PDUs are immutable, so the set is computed once for each create event.
 */
export function roomCreators(rules: RoomVersionRules, create: IdentifiedPdu): ReadonlySet<string> {
  const known = creatorsOfCreateEvent.get(create.pdu);
  if (known !== undefined) return known;
  const creators = readCreators(rules, create.pdu);
  creatorsOfCreateEvent.set(create.pdu, creators);
  return creators;
}

function readCreators(rules: RoomVersionRules, create: Pdu): ReadonlySet<string> {
  if (!rules.implicitCreator) {
    const creator = create.content['creator'];
    return new Set(typeof creator === 'string' ? [creator] : []);
  }
  const creators = new Set([create.sender]);
  const additional = create.content['additional_creators'];
  if (rules.privilegedCreators && Array.isArray(additional)) {
    for (const userId of additional) if (typeof userId === 'string') creators.add(userId);
  }
  return creators;
}
