/** Who derives the figures of rooms, by its name in reader_position. */
export const figuresReader = 'room-figures';

/** What a list of rooms shows of one of them. */
export interface RoomFigures {
  readonly name: string | null;
  readonly canonicalAlias: string | null;
  readonly creator: string;
  readonly joinRule: string | null;
  readonly historyVisibility: string | null;
  readonly guestAccess: string | null;
  /** The algorithm; null: messages are not encrypted. */
  readonly encryption: string | null;
  /** Such as `m.space`. */
  readonly roomType: string | null;
  /** Whether users of other servers may come. */
  readonly isFederated: boolean;
  readonly joined: number;
  /** Of this server. */
  readonly joinedLocal: number;
  /** Current ones, members included. */
  readonly stateEvents: number;
}
