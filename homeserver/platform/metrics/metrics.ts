import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of one process, in a registry of its own. Asking twice for a name gives the same metric. */
export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  /** `collect` is called at each scrape. */
  gauge<Label extends string>(
    name: string,
    help: string,
    labels?: readonly Label[],
    collect?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label>;
  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    counter: (name, help, labels = []) =>
      (registry.getSingleMetric(name) as never) ?? new Counter({ name, help, labelNames: labels, registers }),
    gauge: (name, help, labels = [], collect) =>
      (registry.getSingleMetric(name) as never) ??
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers,
        ...(collect && {
          collect() {
            collect(this);
          },
        }),
      }),
    histogram: (name, help, buckets, labels = []) =>
      (registry.getSingleMetric(name) as never) ??
      new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers }),
  };
}
