import { stateFromTheBeginning } from '../../storage/rooms/read-state.ts';

/** A state event by its id and its row: one that was known as an outlier first has two. */
export interface SpanEvent {
  readonly eventId: string;
  readonly position: number;
  /** Of member events. */
  readonly membership: number | null;
}

/** What one (type, state key) was during a stretch of history. */
export interface StretchOfState {
  /** Before the stretch's first event; undefined: nothing. */
  readonly before: SpanEvent | undefined;
  /** The events of the stretch that changed it, oldest first. */
  readonly changes: readonly SpanEvent[];
}

/** A span to be written; `to` undefined: as far as the span that is there already. */
export interface PlannedSpan extends SpanEvent {
  readonly from: number;
  readonly to: number | undefined;
}

export interface SpanPlan {
  /** Where the span that begins with the room's beginning begins from now on; undefined: it stays as it is. */
  readonly moveTo: number | undefined;
  /** Further spans. */
  readonly spans: readonly PlannedSpan[];
}

const nothingToDo: SpanPlan = { moveTo: undefined, spans: [] };

/**
 * How the spans of one (type, state key) change when history is put below all that is here. `beginning` is what held
 * from the beginning on until now; `last` is the highest position of the stretch. Below the stretch holds what held
 * before its first event; of a filled gap (`gapFirst` is its lowest position) it holds there only, and the rest of the
 * beginning stays.
 */
export function planHistorySpans(
  beginning: SpanEvent | undefined,
  { before, changes }: StretchOfState,
  last: number,
  gapFirst: number | undefined,
): SpanPlan {
  if (changes.length === 0 && before?.eventId === beginning?.eventId) return nothingToDo;
  const pieces: { from: number; event: SpanEvent | undefined }[] = [];
  const add = (from: number, event: SpanEvent | undefined) => {
    if (pieces.at(-1)?.event?.eventId === event?.eventId && pieces.length > 0) return;
    pieces.push({ from, event });
  };
  if (gapFirst !== undefined) add(stateFromTheBeginning, beginning);
  add(gapFirst ?? stateFromTheBeginning, before);
  for (const change of changes) add(change.position, change);
  // What held from the beginning on begins behind the stretch, or with the event that brought it.
  const isLastPiece = pieces.at(-1)?.event?.eventId === beginning?.eventId;
  if (!isLastPiece) add(last + 1, beginning);
  return spansOf(pieces, beginning);
}

function spansOf(
  pieces: readonly { readonly from: number; readonly event: SpanEvent | undefined }[],
  beginning: SpanEvent | undefined,
): SpanPlan {
  const spans = pieces.flatMap(({ from, event }, index): PlannedSpan[] => {
    const isLast = index === pieces.length - 1;
    // The last piece is the span that is there already, which is moved.
    if (!event || (isLast && beginning !== undefined)) return [];
    return [{ ...event, from, to: pieces[index + 1]?.from }];
  });
  const lastPiece = pieces.at(-1);
  const moveTo = beginning !== undefined && lastPiece?.event ? lastPiece.from : undefined;
  return { moveTo, spans };
}
