import type { Observations } from '../observations/observations.ts';

/**
 * What the homeserver holds back, or no longer, since the last round, for the timeline. `known` keeps the names of those
 * that are held back; undefined as long as nobody has looked.
 */
export function noteHeldBack(
  known: ReadonlySet<string> | undefined,
  { sources }: Observations,
): { readonly known: ReadonlySet<string> | undefined; readonly texts: readonly string[] } {
  const look = sources.bridges;
  if (look?.kind !== 'seen') return { known, texts: [] };
  const held = new Set(look.value.filter(({ isHeldBack }) => isHeldBack).map(({ name }) => name));
  // One that is not told of now, because its queue goes to another process, is neither.
  const told = new Set(look.value.map(({ name }) => name));
  const kept = [...(known ?? [])].filter((name) => !told.has(name));
  const began = [...held].filter((name) => known && !known.has(name));
  const ended = [...(known ?? [])].filter((name) => told.has(name) && !held.has(name));
  return {
    known: new Set([...held, ...kept]),
    texts: [
      ...began.map((name) => `${name} is paused: it is well, and refuses the same transaction again and again`),
      ...ended.map((name) => `${name} is paused no longer`),
    ],
  };
}
