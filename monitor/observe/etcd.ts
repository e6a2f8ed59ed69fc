import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { EtcdObservation } from '../observations/etcd.ts';
import { createBadSince } from './bad-since.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

const answerMs = 3_000;
const mostAlarms = 10;
const mostReasonChars = 200;

/**
 * Each member of the etcd that Patroni uses: whether it reaches a majority, which is what its health says, and whether it has
 * an alarm, such as the one that it takes no writes. https://etcd.io/docs/v3.5/op-guide/monitoring/
 */
export function etcdSource(urls: readonly string[], send: SendRequest): Source<'etcd'> {
  const since = createBadSince();
  return {
    ...{ name: 'etcd', everyMs: 5_000, timeoutMs: 3 * answerMs },
    look: (deadline, atMs) =>
      Promise.all(
        urls.map(async (url): Promise<EtcdObservation> => {
          const { place, isSilent, isHealthy, alarms, why } = await ask(url, send, deadline);
          const isUnwell = !isSilent && (!isHealthy || alarms.length > 0);
          return {
            ...{ place, alarms, ...(why !== undefined && { why }) },
            silentForMs: since.note(`silent ${place}`, isSilent, atMs) || Number(isSilent),
            unwellForMs: since.note(`unwell ${place}`, isUnwell, atMs) || Number(isUnwell),
          };
        }),
      ),
  };
}

interface Answer {
  readonly place: string;
  readonly isSilent: boolean;
  readonly isHealthy: boolean;
  readonly alarms: readonly string[];
  readonly why?: string | undefined;
}

async function ask(url: string, send: SendRequest, outer: Deadline): Promise<Answer> {
  const place = new URL(url).host;
  const deadline = startDeadline(answerMs, `asking etcd at ${place}`, { signal: outer.signal });
  try {
    const [health, errors] = await Promise.all([askHealth(url, send, deadline), askErrors(url, send, deadline)]);
    return { place, isSilent: false, ...health, alarms: errors };
  } catch (error) {
    return { place, isSilent: true, isHealthy: false, alarms: [], why: describeFailure(error) };
  } finally {
    deadline.finish();
  }
}

/** Answers with 503 where it has no majority; it reads through the leader, so that takes as long as etcd's own time-out. */
async function askHealth(url: string, send: SendRequest, deadline: Deadline) {
  const { body, status } = await send({ method: 'GET', url: `${url}/health` }, deadline);
  const { health, reason } = parse(body) as { health?: unknown; reason?: unknown };
  if (health === undefined) throw new Error(`it is no etcd: it answers with status ${status}`);
  const isHealthy = health === 'true' || health === true;
  return { isHealthy, why: typeof reason === 'string' && reason !== '' ? reason.slice(0, mostReasonChars) : undefined };
}

/** Of what the member itself knows; where its version does not tell, there is none. */
async function askErrors(url: string, send: SendRequest, deadline: Deadline): Promise<readonly string[]> {
  const request = { method: 'POST', url: `${url}/v3/maintenance/status`, body: '{}' };
  const answer = await send(request, deadline).catch(() => undefined);
  if (answer?.status !== 200) return [];
  const { errors } = parse(answer.body) as { errors?: unknown };
  const texts = Array.isArray(errors) ? errors.slice(0, mostAlarms).map(String) : [];
  return [...new Set(texts.flatMap((text) => /\b(NOSPACE|CORRUPT)\b/.exec(text)?.[0] ?? []))];
}

function parse(body: string): object {
  try {
    return (JSON.parse(body) as object | null) ?? {};
  } catch {
    return {};
  }
}
