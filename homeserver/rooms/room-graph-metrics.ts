import type { CounterMetric, HistogramMetric } from '@holdfast/effects/metrics.ts';
import type { Context } from '../platform/context.ts';

/** How the graphs of rooms fare on this process. */
export interface RoomGraphMetrics {
  readonly received: CounterMetric<['outcome']>;
  readonly resolutionSeconds: HistogramMetric<[]>;
  readonly conflictedEvents: HistogramMetric<[]>;
  readonly extremities: HistogramMetric<[]>;
  readonly dummyEvents: CounterMetric<['reason']>;
}

const byContext = new WeakMap<Context, RoomGraphMetrics>();

export function roomGraphMetrics(context: Context): RoomGraphMetrics {
  const known = byContext.get(context);
  if (known) return known;
  const { metrics } = context;
  const made: RoomGraphMetrics = {
    received: metrics.counter({
      name: 'holdfast_received_pdus_total',
      help: 'Verified events of other servers, by what became of them',
      labels: ['outcome'],
    }),
    resolutionSeconds: metrics.histogram({
      name: 'holdfast_state_resolution_seconds',
      help: 'Time that resolving the states of a room took, reading included',
    }),
    conflictedEvents: metrics.histogram({
      name: 'holdfast_state_resolution_conflicted_events',
      help: 'Events on which the states of a resolution did not agree',
      buckets: [2, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000],
    }),
    extremities: metrics.histogram({
      name: 'holdfast_room_forward_extremities',
      help: 'Forward extremities of a room after an event that made a fork or merged one',
      buckets: [1, 2, 3, 5, 10, 20, 50, 100, 500],
    }),
    dummyEvents: metrics.counter({
      name: 'holdfast_dummy_events_total',
      help: 'Events that were sent only to merge forward extremities, by why',
      labels: ['reason'],
    }),
  };
  byContext.set(context, made);
  return made;
}
