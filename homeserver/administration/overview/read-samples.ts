/** A point of the charts. Counters are told as they stand; whoever draws takes differences. */
export interface FigureSample {
  readonly atMs: number;
  /** Messages that were accepted from clients, since the process began. */
  readonly sends: number;
  /** Seconds that those took in all. */
  readonly sendSeconds: number;
  readonly commits: number;
  readonly commitSeconds: number;
  /** Timers measured, and by how much they were late in all. */
  readonly loopTicks: number;
  readonly loopSeconds: number;
  /** What waits: commands, changes, events for other servers and for application services. */
  readonly queued: number;
  /** How long ago the process last had everything that was committed. */
  readonly readerAgeSeconds: number;
  readonly clockOffsetSeconds: number;
  readonly memoryBytes: number;
  readonly diskFreeBytes: number;
  readonly diskBytes: number;
}

const queues = [
  'holdfast_commands_waiting',
  'holdfast_changes_pending',
  'holdfast_federation_queued',
  'holdfast_appservice_events_waiting',
];

/** The points' values out of the text for Prometheus; what is not in it is 0. */
export function readSample(exposition: string): Omit<FigureSample, 'atMs' | 'diskFreeBytes' | 'diskBytes'> {
  const sums = new Map<string, number>();
  for (const line of exposition.split('\n')) {
    if (line.startsWith('#')) continue;
    const parsed = /^(\w+)(\{.*\})? (\S+)/.exec(line);
    if (!parsed) continue;
    const [, name = '', labels = '', value] = parsed;
    const isSend = labels.includes('operation="sendMessage"') && !/status="[45]/.test(labels);
    if (name.startsWith('holdfast_http_') && !isSend) continue;
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  const of = (name: string) => sums.get(name) ?? 0;
  return {
    sends: of('holdfast_http_replies_total'),
    sendSeconds: of('holdfast_http_duration_seconds_sum'),
    commits: of('holdfast_commit_seconds_count'),
    commitSeconds: of('holdfast_commit_seconds_sum'),
    loopTicks: of('holdfast_event_loop_delay_seconds_count'),
    loopSeconds: of('holdfast_event_loop_delay_seconds_sum'),
    queued: queues.reduce((sum, name) => sum + of(name), 0),
    readerAgeSeconds: of('holdfast_log_tail_age_seconds'),
    clockOffsetSeconds: of('holdfast_clock_offset_seconds'),
    memoryBytes: of('process_resident_memory_bytes'),
  };
}
