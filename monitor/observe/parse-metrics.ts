/** One line of Prometheus's text format. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const mostSamples = 50_000;
const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the samples of a `/metrics` page. Lines that are none are left out. */
export function parseMetrics(text: string): MetricSample[] {
  const samples: MetricSample[] = [];
  for (const each of text.split('\n')) {
    if (samples.length >= mostSamples) break;
    const [, name, written = '', number = ''] = line.exec(each) ?? [];
    const value = Number(number.replace('Inf', 'Infinity'));
    if (name === undefined || Number.isNaN(value)) continue;
    const labels = Object.fromEntries(
      [...written.matchAll(label)].map(([, key = '', quoted = '']) => [key, unescape(quoted)]),
    );
    samples.push({ name, labels, value });
  }
  return samples;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}

/** The value of the sample with these labels; undefined where there is none. */
export function findMetric(
  samples: readonly MetricSample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value;
}

/** A percentile of a histogram between two readings of it, by its buckets' upper bounds; undefined when nothing was added. */
export function histogramQuantile(
  before: readonly MetricSample[],
  after: readonly MetricSample[],
  name: string,
  share: number,
): number | undefined {
  const boundOf = ({ labels }: MetricSample) => Number(labels['le']?.replace('+Inf', 'Infinity'));
  const counts = after
    .filter((sample) => sample.name === `${name}_bucket`)
    .map((sample) => {
      const old = findMetric(before, sample.name, sample.labels) ?? 0;
      // A process that began anew counts from zero.
      return { bound: boundOf(sample), count: sample.value >= old ? sample.value - old : sample.value };
    })
    .sort((a, b) => a.bound - b.bound);
  const total = counts.at(-1)?.count ?? 0;
  if (total <= 0) return undefined;
  const found = counts.find(({ count }) => count >= total * share)?.bound;
  const finite = counts.filter(({ bound }) => Number.isFinite(bound));
  return found !== undefined && Number.isFinite(found) ? found : finite.at(-1)?.bound;
}
