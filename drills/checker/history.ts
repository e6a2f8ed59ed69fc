/** What the clients of a drill asked and were told, and what its readers saw: all that the checker judges. */
export interface History {
  readonly attempts: readonly Attempt[];
  readonly observations: readonly Observation[];
}

/** One request. A client that got no clear answer asks again, with the same transaction and the same body. */
export interface Attempt {
  /** Names the transaction in full: user, device and transaction id. */
  readonly transaction: string;
  readonly roomId: string;
  /** Unique among all transactions of the drill, so that an event is known by it. */
  readonly body: string;
  readonly told: Answer;
}

export type Answer =
  | { readonly kind: 'acknowledged'; readonly eventId: string; readonly atMs: number }
  /** An answer that says that nothing was or will be written. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** A broken connection, a time-out, 503: it may have been written, or may still be. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface SeenEvent {
  readonly eventId: string;
  readonly body: string;
}

/** The events of one room as one reader got them, in its order. */
export interface Observation {
  /** Who read, by which call and on which process. */
  readonly reader: string;
  readonly roomId: string;
  readonly events: readonly SeenEvent[];
  /** True if the reader asked for all of the room after the load had ended; false for what it followed meanwhile. */
  readonly complete: boolean;
}

export type ViolationKind =
  | 'acknowledged event lost'
  | 'event seen twice'
  | 'two events for one transaction'
  | 'readers see different orders'
  | 'readers see different events'
  | 'event that nobody sent'
  | 'refused event present'
  | 'acknowledged under another event id'
  | 'room that no reader read in full'
  | 'gap without acknowledgement';

export interface Violation {
  readonly kind: ViolationKind;
  /** Who and what, for the person who has to find the cause. */
  readonly detail: string;
}

/** What is known of a transaction when all of its attempts are over. */
export interface TransactionFate {
  readonly transaction: string;
  readonly roomId: string;
  readonly body: string;
  readonly fate: 'acknowledged' | 'unknown' | 'refused';
  /** Every event id that an acknowledgement named; more than one is a violation. */
  readonly eventIds: ReadonlySet<string>;
}

/** Joins the attempts of each transaction: acknowledged once is acknowledged, one doubt makes the rest unknown. */
export function settleTransactions(attempts: readonly Attempt[]): Map<string, TransactionFate> {
  const fates = new Map<string, TransactionFate & { eventIds: Set<string> }>();
  for (const { transaction, roomId, body, told } of attempts) {
    const known = fates.get(transaction);
    const eventIds = known?.eventIds ?? new Set<string>();
    if (told.kind === 'acknowledged') eventIds.add(told.eventId);
    const fate = eventIds.size > 0 ? 'acknowledged' : known?.fate === 'unknown' ? 'unknown' : told.kind;
    fates.set(transaction, { transaction, roomId, body, fate, eventIds });
  }
  return fates;
}
