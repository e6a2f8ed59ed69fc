import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { readMonitorState } from '../../storage/administration/read-monitor-state.ts';

const shownEntries = 200;

interface Document {
  readonly decision?: { readonly incidents?: readonly Incident[] };
  readonly escalations?: readonly Escalation[];
  readonly timeline?: readonly Entry[];
  readonly silences?: readonly Silence[];
  readonly silenceable?: readonly string[];
  readonly overrides?: readonly Override[];
  readonly duty?: {
    readonly order?: readonly string[];
    readonly shifts?: readonly Shift[];
    readonly people?: readonly string[];
  };
}
interface Incident {
  readonly id: string;
  readonly openedMs: number;
  readonly severity: string;
  readonly losesData: boolean;
  readonly cause: string;
  readonly headline: string;
  readonly symptoms: readonly { readonly key: string; readonly summary: string }[];
}
interface Escalation {
  readonly incident: string;
  readonly told: readonly string[];
  readonly acknowledgement?: { readonly by: string; readonly atMs: number };
}
interface Entry {
  readonly atMs: number;
  readonly incident: string;
  readonly kind: string;
  readonly text: string;
}
interface Silence {
  readonly id: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rules: readonly string[];
  readonly by: string;
  readonly reason: string;
}
interface Shift {
  readonly person: string;
  readonly fromMs: number;
  readonly toMs: number;
}
interface Override extends Shift {
  readonly id: string;
  readonly by: string;
}

export type DescribedIncident = {
  readonly id: string;
  /** `page`, `warning` or `notice`. */
  readonly severity: string;
  readonly headline: string;
  readonly opened_ts: number;
  readonly loses_data: boolean;
  readonly rule: string;
  readonly rules: string[];
  readonly symptoms: string[];
  readonly told: string[];
  readonly can_be_taken: boolean;
  readonly taken_by: string | null;
};
export type DescribedMonitor = JsonObject & {
  readonly watches: boolean;
  readonly saved_ts: number;
  readonly incidents: DescribedIncident[];
};

/**
 * What the monitor knows, for administrators; undefined where none ever ran. It is as old as `saved_ts`: the monitor stores
 * every change at once, and every minute.
 */
export async function describeMonitor({ database }: Context): Promise<DescribedMonitor | undefined> {
  const stored = await readMonitorState(database);
  if (!stored) return undefined;
  const {
    decision,
    escalations = [],
    timeline = [],
    silences = [],
    silenceable = [],
    overrides = [],
    duty = {},
  } = JSON.parse(stored.content) as Document;
  const escalationOf = new Map(escalations.map((each) => [each.incident, each]));
  return {
    ...{ watches: stored.watches, saved_ts: stored.savedMs },
    incidents: (decision?.incidents ?? []).map((each) => describeIncident(each, escalationOf.get(each.id))),
    silences: silences.map(({ id, fromMs, toMs, rules, by, reason }) => ({
      ...{ id, by, reason, rules: [...rules] },
      from_ts: fromMs,
      until_ts: toMs,
    })),
    silenceable: [...silenceable],
    on_duty: [...(duty.order ?? [])],
    people: [...(duty.people ?? [])],
    shifts: (duty.shifts ?? []).map(({ person, fromMs, toMs }) => ({ person, from_ts: fromMs, to_ts: toMs })),
    overrides: overrides.map(({ id, by, person, fromMs, toMs }) => {
      return { ...{ id, by, person }, from_ts: fromMs, to_ts: toMs };
    }),
    timeline: timeline
      .slice(-shownEntries)
      .toReversed()
      .map(({ atMs, incident, kind, text }) => ({ at_ts: atMs, incident, kind, text })),
  };
}

function describeIncident(
  { id, openedMs, severity, losesData, cause, headline, symptoms }: Incident,
  escalation: Escalation | undefined,
): DescribedIncident {
  const keys = [cause, ...symptoms.map(({ key }) => key)];
  return {
    ...{ id, severity, headline, opened_ts: openedMs, loses_data: losesData },
    rule: cause.split(' ')[0] ?? '',
    rules: [...new Set(keys.map((key) => key.split(' ')[0] ?? ''))],
    symptoms: symptoms.map(({ summary }) => summary),
    told: [...(escalation?.told ?? [])],
    can_be_taken: escalation !== undefined && escalation.acknowledgement === undefined,
    taken_by: escalation?.acknowledgement?.by ?? null,
  };
}
