import { type Finding, finding } from '../drill.ts';

/** What one look at the machine gave, by name, such as the memory of a process. */
export interface ResourceSample {
  readonly atMs: number;
  readonly values: ReadonlyMap<string, number>;
}

/** How much more the last third may have than the first one. */
export interface FlatnessRule {
  /** Such as `memory`: names that begin with it are judged by this rule. */
  readonly kind: string;
  readonly factor: number;
  readonly slack: number;
  format(value: number): string;
}

/**
 * Whether something is flat: the median of the last third of the time is at most `factor` times that of the first third,
 * and `slack`. A third without a sample is not flat: nothing was looked at.
 */
export function judgeFlatness(samples: readonly ResourceSample[], rules: readonly FlatnessRule[]): Finding[] {
  const names = [...new Set(samples.flatMap(({ values }) => [...values.keys()]))].toSorted();
  return names.flatMap((name) => {
    const rule = rules.find(({ kind }) => name.startsWith(kind));
    return rule ? judgeOne(name, samples, rule) : [];
  });
}

function judgeOne(name: string, samples: readonly ResourceSample[], { factor, slack, format }: FlatnessRule): Finding {
  const [firstMs, lastMs] = [samples[0]?.atMs ?? 0, samples.at(-1)?.atMs ?? 0];
  const thirdMs = (lastMs - firstMs) / 3;
  const valuesIn = (fromMs: number, toMs: number) =>
    samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).flatMap(({ values }) => values.get(name) ?? []);
  const first = median(valuesIn(firstMs, firstMs + thirdMs));
  const last = median(valuesIn(lastMs - thirdMs, lastMs));
  const limit = first === undefined ? undefined : first * factor + slack;
  const isFlat = limit !== undefined && last !== undefined && last <= limit;
  const show = (value: number | undefined) => (value === undefined ? 'unknown' : format(value));
  return finding(`${name}, first and last third`, `${show(first)}, ${show(last)}`, show(limit), isFlat);
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
