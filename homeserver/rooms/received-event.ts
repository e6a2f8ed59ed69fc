import { type IdentifiedPdu, type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';

/** A verified event of another server, as it goes to the room's owner. */
export interface ReceivedEvent {
  readonly eventId: string;
  /** Canonical JSON without `unsigned`; redacted where its content hash was wrong. */
  readonly pduJson: string;
  /**
   * Ids of the whole state before it, all of them stored, where what lies between it and what is here cannot be had.
   */
  readonly stateBefore?: readonly string[];
  /** It came to this server alone, as a join through it does: this server sends it to the others in the room. */
  readonly isRelayed?: boolean;
  /** Of a local user; the server that took it sends it to the others in the room, as it does with joins. */
  readonly isSentElsewhere?: boolean;
}

/** A received event, read. */
export interface ParsedEvent extends IdentifiedPdu {
  readonly pduJson: string;
  readonly prevEventIds: ReadonlySet<string>;
  readonly authEventIds: readonly string[];
  readonly stateBefore: readonly string[] | undefined;
  readonly isRelayed: boolean | undefined;
  readonly isSentElsewhere: boolean | undefined;
}

export function parseReceivedEvent(roomId: string, event: ReceivedEvent): ParsedEvent {
  const { eventId, pduJson, stateBefore, isRelayed, isSentElsewhere } = event;
  const pdu = JSON.parse(pduJson) as Pdu;
  return {
    eventId,
    roomId,
    pdu,
    pduJson,
    prevEventIds: new Set(pdu.prev_events.map(referencedEventId)),
    authEventIds: pdu.auth_events.map(referencedEventId),
    stateBefore,
    isRelayed,
    isSentElsewhere,
  };
}

/** Events in an order in which each comes after those among them that it refers to. */
export function orderByReferences(events: readonly ParsedEvent[]): ParsedEvent[] {
  const byId = new Map(events.map((event) => [event.eventId, event]));
  const ordered = new Set<ParsedEvent>();
  const entered = new Set<ParsedEvent>();
  for (const start of events) {
    const path = [start];
    for (let event = path.at(-1); event !== undefined; event = path.at(-1)) {
      if (entered.has(event)) {
        ordered.add(event);
        path.pop();
        continue;
      }
      entered.add(event);
      // Only forged event ids can lead in a circle; what is in one stays behind what it refers to, and waits.
      for (const eventId of [...event.prevEventIds, ...event.authEventIds].toReversed()) {
        const referenced = byId.get(eventId);
        if (referenced && !entered.has(referenced)) path.push(referenced);
      }
    }
  }
  return [...ordered];
}
