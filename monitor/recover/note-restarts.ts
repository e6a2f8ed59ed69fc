import type { Observations } from '../observations/observations.ts';

/** What was started again since the last round, for the timeline. `known` keeps the counts, by process. */
export function noteRestarts(known: Map<string, number>, { sources }: Observations): string[] {
  const look = sources.processes;
  if (look?.kind !== 'seen') return [];
  return look.value.flatMap(({ name, postgresRestarts }) => {
    if (postgresRestarts === undefined) return [];
    const before = known.get(name);
    known.set(name, postgresRestarts);
    // A process that began anew counts from zero.
    const isMore = before !== undefined && postgresRestarts > before;
    return isMore ? [`${name} has started its PostgreSQL again`] : [];
  });
}
