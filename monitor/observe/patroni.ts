import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { PatroniMember, PatroniObservation } from '../observations/patroni.ts';
import { type BadSince, createBadSince } from './bad-since.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

const answerMs = 3_000;
const maxAnswerBytes = 256 * 1024;
/** Patroni is used with few; what says that there are more is believed for so many. */
const mostMembers = 50;

interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number | undefined;
}

interface Cluster {
  readonly members: readonly Member[];
  readonly isPaused: boolean;
}

/**
 * The machines of a PostgreSQL that fails over, as their Patronis tell: each is asked, and the answer that knows a primary is
 * believed before others. https://patroni.readthedocs.io/en/latest/rest_api.html#monitoring-endpoint
 */
export function patroniSource(urls: readonly string[], send: SendRequest): Source<'patroni'> {
  const since = createBadSince();
  const known = new Set<string>();
  return {
    ...{ name: 'patroni', everyMs: 5_000, timeoutMs: 2 * answerMs },
    async look(deadline, atMs): Promise<PatroniObservation> {
      const answers = await Promise.all(urls.map((url) => ask(url, send, deadline)));
      const silent = answers.flatMap(({ place, why }) => {
        const forMs = since.note(`patroni ${place}`, why !== undefined, atMs);
        return why === undefined ? [] : [{ place, forMs, why }];
      });
      const clusters = answers.flatMap(({ cluster }) => cluster ?? []);
      const cluster = clusters.find(hasLeader) ?? clusters[0];
      return cluster ? { silent, cluster: judgeCluster(cluster, { since, known, atMs }) } : { silent };
    },
  };
}

interface Answer {
  readonly place: string;
  readonly cluster?: Cluster;
  readonly why?: string;
}

async function ask(url: string, send: SendRequest, outer: Deadline): Promise<Answer> {
  const place = new URL(url).host;
  const deadline = startDeadline(answerMs, `asking Patroni at ${place}`, { signal: outer.signal });
  try {
    const { status, body } = await send({ method: 'GET', url: `${url}/cluster` }, deadline, maxAnswerBytes);
    if (status !== 200) throw new Error(`it answers with status ${status}`);
    return { place, cluster: parseCluster(body) };
  } catch (error) {
    return { place, why: describeFailure(error) };
  } finally {
    deadline.finish();
  }
}

/** Throws where it is no answer of Patroni's. */
export function parseCluster(body: string): Cluster {
  const { members, pause } = (JSON.parse(body) ?? {}) as { members?: unknown; pause?: unknown };
  if (!Array.isArray(members)) throw new Error('it is no Patroni');
  const found = members.slice(0, mostMembers).flatMap((each: unknown) => {
    const { name, role, state, timeline } = (each ?? {}) as Partial<Record<string, unknown>>;
    if (typeof name !== 'string' || typeof role !== 'string' || typeof state !== 'string') return [];
    return [{ name: name.slice(0, 100), role, state: state.slice(0, 100), timeline: Number(timeline) || undefined }];
  });
  return { members: found, isPaused: pause === true };
}

function isLeader({ role, state }: Member): boolean {
  return (role === 'leader' || role === 'master' || role === 'standby_leader') && state === 'running';
}

const hasLeader = ({ members }: Cluster) => members.some(isLeader);

interface Memory {
  readonly since: BadSince;
  /** All machines that were ever told of: one that is off is in no answer any more. */
  readonly known: Set<string>;
  readonly atMs: number;
}

function judgeCluster(cluster: Cluster, { since, known, atMs }: Memory): NonNullable<PatroniObservation['cluster']> {
  const leader = cluster.members.find(isLeader);
  for (const { name } of cluster.members) if (known.size < mostMembers) known.add(name);
  const told = new Map(cluster.members.map((member) => [member.name, member]));
  return {
    pausedForMs: since.note('paused', cluster.isPaused, atMs) || Number(cluster.isPaused),
    leaderlessForMs: since.note('leaderless', leader === undefined, atMs) || Number(leader === undefined),
    members: [...known].map((name): PatroniMember => {
      const member = told.get(name);
      const isOnOldTimeline = (member?.timeline ?? 0) < (leader?.timeline ?? 0) && member?.timeline !== undefined;
      const isUnwell = !['running', 'streaming'].includes(member?.state ?? '') || isOnOldTimeline;
      const unwellForMs = since.note(`member ${name}`, isUnwell, atMs) || Number(isUnwell);
      return { name, state: member?.state ?? 'gone', unwellForMs, isOnOldTimeline };
    }),
  };
}
