import { type Deadline, startDeadline, withDeadline } from '@holdfast/effects/deadline.ts';
import type { HttpAnswer, SendRequest } from '@holdfast/effects/send-request.ts';
import type { ProcessObservation } from '../observations/process.ts';
import type { ProcessEntry } from '../observations/process-entry.ts';
import { createBadSince } from './bad-since.ts';
import { judgeEntries } from './judge-entries.ts';
import { findMetric, histogramQuantile, type MetricSample, parseMetrics } from './parse-metrics.ts';
import type { Source } from './source.ts';

export interface ProcessesParts {
  readonly urls: readonly string[];
  /** Bearer token of `/metrics`; undefined: there is nothing to ask. */
  readonly metricsToken: string | undefined;
  readonly send: SendRequest;
  /** What processes have entered in the database. Fails while that is away, which is told by others. */
  readEntries(): Promise<readonly ProcessEntry[]>;
  /** Is given the newest metrics of each process, for what else they tell. */
  onMetrics(url: string, samples: readonly MetricSample[]): void;
}

const lookTimeoutMs = 4_000;
const maxMetricsBytes = 8 * 1024 * 1024;

/** Health, readiness and metrics of each process of the homeserver, and what those that nobody named say in the database. */
export function processesSource(parts: ProcessesParts): Source<'processes'> {
  const silence = createBadSince();
  const metrics = new Map<string, readonly MetricSample[]>();
  /** Under which the database knows them, as they said last: one that is silent is still that one. */
  const idOf = new Map<string, string>();
  const ask = async (url: string, deadline: Deadline, atMs: number): Promise<ProcessObservation> => {
    const name = new URL(url).host;
    const own = startDeadline(lookTimeoutMs, `asking ${name}`, { signal: deadline.signal });
    try {
      const problem = await askLive(parts.send, url, own);
      const silentForMs = silence.note(name, problem !== undefined, atMs);
      if (problem !== undefined) {
        // What it said last is no longer so; others may do by now what it did.
        parts.onMetrics(url, []);
        return { name, silentForMs, why: problem };
      }
      const [ready, loop] = await Promise.all([askReady(parts.send, url, own), askMetrics(parts, url, metrics, own)]);
      if (ready.id !== undefined) idOf.set(url, ready.id);
      return { name, silentForMs, ...ready, ...loop };
    } finally {
      own.finish();
    }
  };
  return {
    ...{ name: 'processes', everyMs: 5_000, timeoutMs: 2 * lookTimeoutMs },
    async look(deadline, atMs): Promise<ProcessObservation[]> {
      const entered = withDeadline(parts.readEntries(), lookTimeoutMs, 'reading the processes', deadline).catch(
        () => [],
      );
      const asked = await Promise.all(parts.urls.map((url) => ask(url, deadline, atMs)));
      const entries = judgeEntries(await entered, new Set(idOf.values()), { silence, atMs });
      return [...asked, ...entries];
    },
  };
}

/** Why it does not answer; undefined when it does. */
async function askLive(send: SendRequest, url: string, deadline: Deadline): Promise<string | undefined> {
  try {
    const { status } = await send({ method: 'GET', url: `${url}/health/live` }, deadline);
    return status === 200 ? undefined : `it answers ${status}`;
  } catch (error) {
    return describeFailure(error);
  }
}

/** What an error says, with what is behind it: fetch itself says only that it failed. */
export function describeFailure(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

async function askReady(
  send: SendRequest,
  url: string,
  deadline: Deadline,
): Promise<Pick<ProcessObservation, 'ready' | 'id'>> {
  const answer = await send({ method: 'GET', url: `${url}/health/ready` }, deadline).catch(() => undefined);
  const body = answer && parseObject(answer);
  // One that lives and says nothing of its readiness is not ready.
  if (!body) return { ready: { writes: false, readerAgeMs: 0 } };
  const { writes, readerAgeMs, processId } = body;
  return {
    ready: { writes: writes === true, readerAgeMs: typeof readerAgeMs === 'number' ? readerAgeMs : 0 },
    ...(typeof processId === 'string' && { id: processId }),
  };
}

function parseObject({ body }: HttpAnswer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function askMetrics(
  { metricsToken, send, onMetrics }: ProcessesParts,
  url: string,
  known: Map<string, readonly MetricSample[]>,
  deadline: Deadline,
): Promise<Pick<ProcessObservation, 'eventLoopDelayMs' | 'logHoles' | 'postgresRestarts'>> {
  if (metricsToken === undefined) return {};
  const headers = { Authorization: `Bearer ${metricsToken}` };
  const answer = await send({ method: 'GET', url: `${url}/metrics`, headers }, deadline, maxMetricsBytes).catch(
    () => undefined,
  );
  if (answer?.status !== 200) return {};
  const samples = parseMetrics(answer.body);
  const delay = histogramQuantile(known.get(url) ?? samples, samples, 'holdfast_event_loop_delay_seconds', 0.99);
  known.set(url, samples);
  onMetrics(url, samples);
  const logHoles = findMetric(samples, 'holdfast_log_holes_total');
  const postgresRestarts = findMetric(samples, 'holdfast_embedded_postgres_restarts');
  return {
    ...(postgresRestarts !== undefined && { postgresRestarts }),
    ...(delay !== undefined && { eventLoopDelayMs: delay * 1000 }),
    ...(logHoles !== undefined && { logHoles }),
  };
}
