/** A room, an event of a room, or a user, as somebody reported it. */
export interface ReportedThing {
  readonly reporter: string;
  /** Who is reported, or who sent the event. */
  readonly userId: string | null;
  readonly roomId: string | null;
  readonly eventId: string | null;
  readonly reason: string | null;
  /** Milliseconds since 1970, as data. */
  readonly reportedMs: number;
}
