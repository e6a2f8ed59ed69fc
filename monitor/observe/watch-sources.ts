import type { Clock } from '@holdfast/effects/clock.ts';
import { startDeadline, withDeadline } from '@holdfast/effects/deadline.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Look, Observations, SourceName } from '../observations/observations.ts';
import type { Source } from './source.ts';

export interface WatchedSources {
  /** The newest of each source; one whose looks fail, or stay away, says since when. */
  read(): Observations;
  /** Resolves when each source has been looked at once, whatever came of it. */
  readonly first: Promise<void>;
  close(): Promise<void>;
}

interface Watched {
  value?: unknown;
  seenMs: number;
  why: string | undefined;
}

/** A value older than so many rounds is none. */
const roundsKept = 3;
/** For a source to say what it has seen when its deadline was over. */
const lastWordsMs = 1_000;

/** Looks at all sources, each at its own pace: one that hangs costs its own deadline and nobody else's. */
export function watchSources(
  sources: readonly Source[],
  parts: { readonly clock: Clock; readonly log: Log; readonly nowMs: () => number },
): WatchedSources {
  const { clock, log, nowMs } = parts;
  const stopping = new AbortController();
  const watched = new Map<Source, Watched>(sources.map((source) => [source, { seenMs: nowMs(), why: undefined }]));
  const lookOnce = async (source: Source) => {
    const state = watched.get(source) as Watched;
    const [what, options] = [`looking at ${source.name}`, { clock, signal: stopping.signal }];
    const deadline = startDeadline(source.timeoutMs, what, options);
    const outer = startDeadline(source.timeoutMs + lastWordsMs, what, options);
    try {
      const value = await outer.race(source.look(deadline, nowMs()));
      watched.set(source, { value, seenMs: nowMs(), why: undefined });
    } catch (error) {
      const why = (error as Error).message;
      if (state.why === undefined) log.warn({ source: source.name, err: error }, 'a source could not be looked at');
      watched.set(source, { ...state, why });
    } finally {
      deadline.finish();
      outer.finish();
    }
  };
  const repeat = async (source: Source) => {
    while (!stopping.signal.aborted) {
      await clock.sleep(source.everyMs, stopping.signal);
      if (!stopping.signal.aborted) await lookOnce(source);
    }
  };
  const first = Promise.all(sources.map(lookOnce)).then(() => {});
  const loops = first.then(() => Promise.all(sources.map(repeat)));
  return {
    first,
    read() {
      const atMs = nowMs();
      const looks = sources.map(
        (source) => [source.name, toLook(source, watched.get(source) as Watched, atMs)] as const,
      );
      return { atMs, sources: Object.fromEntries(looks) as Partial<Record<SourceName, never>> };
    },
    async close() {
      stopping.abort(new Error('the monitor ends'));
      await withDeadline(loops, 1_000, 'ending the looks').catch(() => {});
    },
  };
}

function toLook(source: Source, { value, seenMs, why }: Watched, atMs: number): Look<unknown> {
  const forMs = atMs - seenMs;
  const isFresh = forMs <= source.everyMs * roundsKept + source.timeoutMs;
  if (value !== undefined && why === undefined && isFresh) return { kind: 'seen', value };
  return { kind: 'failed', why: why ?? 'no look came to its end', forMs };
}
