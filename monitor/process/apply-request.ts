import type { IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { dropPastOverrides, judgeOverride } from '../escalation/kept-override.ts';
import type { OperatorRequest } from '../escalation/operator-request.ts';
import { addSilence, dropEnded } from '../escalation/silence.ts';
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
    case 'end-silence': {
      const ended = state.silences.find(({ id }) => id === request.id);
      if (!ended) return state;
      const silences = state.silences.filter((each) => each !== ended);
      return addToTimeline({ ...state, silences }, [change('silenced', '', `${by} ends: ${ended.rules.join(', ')}`)]);
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

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
