import type { IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import type { OperatorRequest } from '../escalation/operator-request.ts';
import { addSilence, dropEnded } from '../escalation/silence.ts';
import { addToTimeline, type MonitorState } from '../storage/monitor-state.ts';

const mostTextChars = 2_000;

/** What is known after a silence, its end, or a note of an administrator. */
export function applyRequest(
  state: MonitorState,
  request: Exclude<OperatorRequest, { readonly kind: 'acknowledge' }>,
  atMs: number,
): MonitorState {
  const { by } = request;
  const change = (kind: IncidentChange['kind'], incident: string, text: string): IncidentChange => {
    return { atMs, incident, kind, text: text.slice(0, mostTextChars) };
  };
  switch (request.kind) {
    case 'note':
      return addToTimeline(state, [change('noted', request.incident, request.text)]);
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
      const until = new Date(added.toMs).toISOString();
      const text = `${by} silences ${added.rules.join(', ')} until ${until}: ${reason}`;
      return addToTimeline({ ...state, silences }, [change('silenced', '', text)]);
    }
  }
}
