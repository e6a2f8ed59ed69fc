import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { SourceName, SourceValues } from '../observations/observations.ts';

/** Something that is looked at, again and again. */
export interface Source<Name extends SourceName = SourceName> {
  readonly name: Name;
  readonly everyMs: number;
  /** Longer than this a look is given up. Peers inside it have shorter deadlines of their own. */
  readonly timeoutMs: number;
  /** Throws only when nothing at all can be said: a peer that is down is what there is to say. */
  look(deadline: Deadline, atMs: number): Promise<SourceValues[Name]>;
}
