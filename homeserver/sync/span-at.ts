interface Span {
  readonly from: number;
  readonly to: number;
}

/** The span in force right after the event at a position, the event itself included. */
export function spanAt<T extends Span>(spans: readonly T[], position: number): T | undefined {
  return spans.find((span) => span.from <= position && span.to > position);
}
