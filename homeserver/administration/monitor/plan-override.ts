import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { readMonitorState } from '../../storage/administration/read-monitor-state.ts';
import { askMonitor } from './ask-monitor.ts';

export interface WantedOverride {
  readonly by: string;
  /** Of monitor.paging.people, as the monitor that pages knows it. */
  readonly person: string;
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

const longestMs = 92 * 86_400_000;

/**
 * Lets somebody stand in on the on-call roster, three months at most. Done within the monitor's next round, five seconds.
 * Throws M_NOT_FOUND where no monitor watches or nobody has that name there, M_INVALID_PARAM where the span makes no sense.
 */
export async function planOverride(context: Context, { by, person, fromMs, toMs }: WantedOverride): Promise<void> {
  if (toMs <= fromMs || toMs <= context.clock.wallMs()) {
    throw new MatrixError('M_INVALID_PARAM', 'It would be over before it begins');
  }
  if (toMs - fromMs > longestMs) throw new MatrixError('M_INVALID_PARAM', 'It would last for more than three months');
  const state = await readMonitorState(context.database);
  const known = state && (JSON.parse(state.content) as { duty?: { people?: readonly string[] } }).duty?.people;
  if (known && !known.includes(person)) {
    throw new MatrixError('M_NOT_FOUND', `Nobody is called ${JSON.stringify(person)} in monitor.paging.people`);
  }
  await askMonitor(context, { kind: 'override', by, person, from_ms: fromMs, to_ms: toMs });
}
