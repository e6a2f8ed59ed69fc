import type { IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { dropPastOverrides, judgeOverride } from '../escalation/kept-override.ts';
import type { OperatorRequest } from '../escalation/operator-request.ts';
import { addSilence, dropEnded, judgeMaintenance } from '../escalation/silence.ts';
import { addToTimeline, type MonitorState } from '../storage/monitor-state.ts';

const mostTextChars = 2_000;

/**
 * What is known after a silence, its end, somebody's standing in, or a note of an administrator. `people`: those of the
 * configuration.
 */
export function applyRequest(
  state: MonitorState,
  request: Exclude<OperatorRequest, { readonly kind: 'acknowledge' }>,
  { atMs, people }: { readonly atMs: number; readonly people: readonly string[] },
): MonitorState {
  const { by } = request;
  const change = (kind: IncidentChange['kind'], incident: string, text: string): IncidentChange => {
    return { atMs, incident, kind, text: text.slice(0, mostTextChars) };
  };
  switch (request.kind) {
    case 'note':
      return addToTimeline(state, [change('noted', request.incident, request.text)]);
    case 'override': {
      const { person, from_ms: fromMs, to_ms: toMs } = request;
      const planned = dropPastOverrides(state.overrides, atMs);
      const problem = judgeOverride({ person, fromMs, toMs }, { people, atMs, count: planned.length });
      if (problem !== undefined) {
        return addToTimeline(state, [change('rostered', '', `${by} cannot let ${person} stand in: ${problem}`)]);
      }
      const added = { id: `${atMs}-${planned.length}`, person, by, fromMs: Math.max(fromMs, atMs), toMs };
      const span = `from ${formatTime(added.fromMs)} until ${formatTime(toMs)}`;
      const text = `${person} stands in ${span}, by ${by}`;
      return addToTimeline({ ...state, overrides: [...planned, added] }, [change('rostered', '', text)]);
    }
    case 'end-override': {
      const ended = state.overrides.find(({ id }) => id === request.id);
      if (!ended) return state;
      const overrides = state.overrides.filter((each) => each !== ended);
      const text = `${ended.person} does not stand in until ${formatTime(ended.toMs)} any more, by ${by}`;
      return addToTimeline({ ...state, overrides }, [change('rostered', '', text)]);
    }
    case 'plan-maintenance':
      return planMaintenance(state, request, atMs);
    case 'end-silence': {
      const ended = state.silences.find(({ id }) => id === request.id);
      if (!ended) return state;
      const silences = state.silences.filter((each) => each !== ended);
      return addToTimeline({ ...state, silences }, [change('silenced', '', `${by} ends: ${formatRules(ended.rules)}`)]);
    }
    default: {
      const { rules: asked, reason, duration_ms: durationMs } = request;
      const open = dropEnded(state.silences, atMs);
      const silences = addSilence(open, { rules: asked, by, reason, durationMs }, atMs, rules);
      const added = silences.at(-1);
      if (silences === open || !added) return { ...state, silences };
      const until = formatTime(added.toMs);
      const text = `${by} silences ${added.rules.join(', ')} until ${until}: ${reason}`;
      return addToTimeline({ ...state, silences }, [change('silenced', '', text)]);
    }
  }
}

function planMaintenance(
  state: MonitorState,
  request: Extract<OperatorRequest, { readonly kind: 'plan-maintenance' }>,
  atMs: number,
): MonitorState {
  const { by, rules: asked, from_ms: fromMs, to_ms: toMs, reason } = request;
  const tell = (next: MonitorState, text: string) => {
    return addToTimeline(next, [{ atMs, incident: '', kind: 'silenced', text: text.slice(0, mostTextChars) }]);
  };
  const planned = dropEnded(state.silences, atMs);
  const problem = judgeMaintenance({ rules: asked, fromMs, toMs }, { rules, atMs, count: planned.length });
  if (problem !== undefined) return tell(state, `${by} cannot plan maintenance: ${problem}`);
  const added = { id: `${atMs}-${planned.length}`, fromMs: Math.max(fromMs, atMs), toMs, rules: asked, by, reason };
  const span = `from ${formatTime(added.fromMs)} until ${formatTime(toMs)}`;
  const text = `${by} plans maintenance ${span}, during which ${asked.length === 0 ? 'only the loss of data wakes anybody' : `${asked.join(', ')} wakes nobody`}: ${reason}`;
  return tell({ ...state, silences: [...planned, added] }, text);
}

function formatRules(names: readonly string[]): string {
  return names.length === 0 ? 'maintenance of everything' : names.join(', ');
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
