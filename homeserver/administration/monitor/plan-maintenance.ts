import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { readMonitorState } from '../../storage/administration/read-monitor-state.ts';
import { askMonitor } from './ask-monitor.ts';

export interface WantedMaintenance {
  readonly by: string;
  /** Kinds of alerts, as the monitor that pages knows them; none: all. */
  readonly rules: readonly string[];
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

const longestMs = 7 * 86_400_000;
const furthestMs = 366 * 86_400_000;

/**
 * Plans work during which the alerts that it is expected to raise wake nobody: a week at most, within a year. That data is
 * being lost always wakes somebody. Done within the monitor's next round, five seconds. Throws M_NOT_FOUND where no
 * monitor watches or there is no such alert, M_INVALID_PARAM where the span makes no sense.
 */
export async function planMaintenance(context: Context, wanted: WantedMaintenance): Promise<void> {
  const { by, rules, fromMs, toMs, reason } = wanted;
  const nowMs = context.clock.wallMs();
  const refuse = (text: string) => new MatrixError('M_INVALID_PARAM', text);
  if (toMs <= fromMs || toMs <= nowMs) throw refuse('It would be over before it begins');
  if (toMs - fromMs > longestMs) throw refuse('It would last for more than a week');
  if (fromMs - nowMs > furthestMs) throw refuse('It would begin in more than a year');
  const state = await readMonitorState(context.database);
  const known = state && (JSON.parse(state.content) as { silenceable?: readonly string[] }).silenceable;
  const wrong = rules.find((rule) => known && known.length > 0 && !known.includes(rule));
  if (wrong !== undefined) {
    throw new MatrixError('M_NOT_FOUND', `There is no alert ${JSON.stringify(wrong)} that can be silenced`);
  }
  const request = { kind: 'plan-maintenance', by, rules: [...rules], from_ms: fromMs, to_ms: toMs, reason };
  await askMonitor(context, request);
}
