export interface ClockObservation {
  /** `this machine`, `database`, or a process. */
  readonly name: string;
  /** How far it is ahead of what most of the clocks say; negative: behind. */
  readonly offsetMs: number;
  /** The last jump against the clock that never jumps, and how long ago it was. */
  readonly step?: { readonly byMs: number; readonly agoMs: number };
  /** Whether the kernel says that something keeps its time right; undefined where it cannot be read. */
  readonly isSynchronised?: boolean;
  readonly keptBy?: string;
  /** It should be known whether its time is kept, and nothing says. */
  readonly isUnknown?: boolean;
}
