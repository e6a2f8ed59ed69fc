import type { PagingSettings } from '../configuration/monitor-settings.ts';
import { defaultPolicy, type EscalationPolicy } from '../escalation/escalation-policy.ts';
import { standIn } from '../escalation/kept-override.ts';
import type { MaintenanceWindow } from '../escalation/maintenance-window.ts';
import { type DutyOverride, type Roster, whoIsOnDuty } from '../escalation/roster.ts';

/** The escalation's times, the defaults where none are given. */
export function readPolicy({ escalation = {} }: PagingSettings): EscalationPolicy {
  const given = [
    undefined,
    escalation.again_after_ms,
    escalation.next_person_after_ms,
    escalation.everybody_after_ms,
    escalation.second_provider_after_ms,
  ];
  const steps = defaultPolicy.steps.map((step, index) => ({ ...step, afterMs: given[index] ?? step.afterMs }));
  return {
    steps: steps.sort((a, b) => a.afterMs - b.afterMs),
    repeatEveryMs: escalation.repeat_every_ms ?? defaultPolicy.repeatEveryMs,
    acknowledgementLastsMs: escalation.acknowledgement_lasts_ms ?? defaultPolicy.acknowledgementLastsMs,
  };
}

/**
 * Who is asked, in order. Without a roster it is everybody, in the order of the file. `kept`: who stands in because
 * administrators said so; those who are not in the file any more do not.
 */
export function readOnDuty(paging: PagingSettings, kept: readonly DutyOverride[], atMs: number): readonly string[] {
  const known = kept.filter(({ person }) => Object.hasOwn(paging.people ?? {}, person));
  return standIn(readRosterOrder(paging, atMs), known, atMs);
}

function readRosterOrder({ roster, people = {} }: PagingSettings, atMs: number): string[] {
  if (!roster) return Object.keys(people);
  const { time_zone: timeZone, start, hand_over: handOver = '09:00', every_days: everyDays = 7 } = roster;
  const overrides = (roster.overrides ?? []).map(({ person, from, to }) => {
    return { person, fromMs: Date.parse(from), toMs: Date.parse(to) };
  });
  const whole: Roster = { timeZone, people: roster.people, start, handOver, everyDays, overrides };
  return whoIsOnDuty(whole, atMs);
}

/** The maintenance windows of the configuration. */
export function readWindows({ maintenance = [] }: PagingSettings): MaintenanceWindow[] {
  return maintenance.map(({ from, to, rules = [], by = '', reason }) => {
    return { fromMs: Date.parse(from), toMs: Date.parse(to), rules, by, reason };
  });
}
