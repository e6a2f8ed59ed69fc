import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Names of labels. */
type Labels = readonly string[];
/** A value per label, in any order. */
export type LabelValues<Names extends Labels> = Readonly<Record<Names[number], string | number>>;

export interface CounterMetric<Names extends Labels> {
  add(labels: LabelValues<Names>, amount?: number): void;
}
export interface GaugeMetric<Names extends Labels> {
  set(labels: LabelValues<Names>, value: number): void;
  /** What it is about is no longer here: it is left out until it is set again. */
  remove(labels: LabelValues<Names>): void;
}
export interface HistogramMetric<Names extends Labels> {
  observe(labels: LabelValues<Names>, value: number): void;
}

interface MetricOptions<Names extends Labels> {
  /** Prometheus's form: `holdfast_` in front, unit and `_total` at the end. */
  readonly name: string;
  readonly help: string;
  readonly labels?: Names;
  /** Of label sets; see boundLabels. */
  readonly maxSeries?: number;
}

export interface Metrics {
  /** Something that only grows. */
  counter<const Names extends Labels = []>(options: MetricOptions<Names>): CounterMetric<Names>;
  /** Something that goes up and down, set where it changes. */
  gauge<const Names extends Labels = []>(options: MetricOptions<Names>): GaugeMetric<Names>;
  /** Something that goes up and down and is asked for when Prometheus comes. Gives undefined where it is not known. */
  observedGauge(options: { readonly name: string; readonly help: string; read(): number | undefined }): void;
  /** Spread of durations (in seconds) or sizes. */
  histogram<const Names extends Labels = []>(
    options: MetricOptions<Names> & { readonly buckets?: readonly number[] },
  ): HistogramMetric<Names>;
  /** The text for Prometheus and its content type. */
  expose(): Promise<{ readonly body: string; readonly contentType: string }>;
  /** Stops the measuring that goes on by itself. */
  close(): void;
}

/** From half a millisecond to half a minute. */
export const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const defaultMaxSeries = 200;
const otherLabel = 'other';
const loopSampleMs = 50;

/** Makes a registry of its own with the process's default metrics (memory, CPU, event loop) in it. */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  const stopLoop = options.processMetrics === false ? () => {} : measureProcess(registry);
  return {
    counter({ name, help, labels, maxSeries }) {
      const metric = new Counter<string>({ name, help, labelNames: [...(labels ?? [])], registers: [registry] });
      const bound = boundLabels(labels ?? [], maxSeries);
      return { add: (values, amount = 1) => metric.inc(bound(values), amount) };
    },
    gauge({ name, help, labels, maxSeries }) {
      const metric = new Gauge<string>({ name, help, labelNames: [...(labels ?? [])], registers: [registry] });
      const bound = boundLabels(labels ?? [], maxSeries);
      return {
        set: (values, value) => metric.set(bound(values), value),
        remove: (values) => {
          metric.remove(bound(values));
          bound.forget(values);
        },
      };
    },
    observedGauge({ name, help, read }) {
      const collect = function (this: Gauge) {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      };
      new Gauge({ name, help, registers: [registry], collect });
    },
    histogram({ name, help, labels, maxSeries, buckets = durationBuckets }) {
      const metric = new Histogram<string>({
        ...{ name, help, buckets: [...buckets] },
        ...{ labelNames: [...(labels ?? [])], registers: [registry] },
      });
      const bound = boundLabels(labels ?? [], maxSeries);
      return { observe: (values, value) => metric.observe(bound(values), value) };
    },
    expose: async () => ({ body: await registry.metrics(), contentType: registry.contentType }),
    close: stopLoop,
  };
}

/**
 * Bounds how many series a metric can have: labels often come from outside (server names, error codes), and each new
 * set would cost memory for good. Beyond the bound every label is `other`, so that the sum stays right.
 */
export function boundLabels(names: Labels, maxSeries = defaultMaxSeries) {
  const known = new Set<string>();
  type Values = Readonly<Record<string, string | number>>;
  const keyOf = (values: Values) => names.map((name) => values[name]).join('\u0000');
  const bound = (values: Values): Record<string, string | number> => {
    const key = keyOf(values);
    if (known.has(key)) return values;
    if (known.size >= maxSeries) return Object.fromEntries(names.map((name) => [name, otherLabel]));
    known.add(key);
    return values;
  };
  /** A series that was removed makes room for another one. */
  return Object.assign(bound, { forget: (values: Values) => void known.delete(keyOf(values)) });
}

/** Memory, CPU, garbage collection as prom-client measures them, and our own spread of the event loop's delay. */
function measureProcess(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopSampleMs });
  const delay = new Histogram({
    name: 'holdfast_event_loop_delay_seconds',
    help: 'How much later than asked for a timer ran: what everything else in the process waits for.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  let expectedMs = performance.now() + loopSampleMs;
  const interval = setInterval(() => {
    const nowMs = performance.now();
    delay.observe(Math.max(0, nowMs - expectedMs) / 1000);
    expectedMs = nowMs + loopSampleMs;
  }, loopSampleMs);
  interval.unref();
  return () => clearInterval(interval);
}
