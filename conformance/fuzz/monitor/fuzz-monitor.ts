import { connect } from 'node:net';
import { createRandom } from '../../simulation/random.ts';
import type { FuzzReport } from '../fuzz-report.ts';
import { type RawReply, sendRawRequest } from '../send-raw-request.ts';
import { judgeGrowth, sendRequests } from '../send-requests.ts';
import { type MonitorRequest, makeMonitorRequest } from './make-monitor-request.ts';
import { type FuzzedMonitor, startFuzzedMonitor } from './start-fuzzed-monitor.ts';

const concurrency = 16;
const abandonMs = 200;
/** In a run of fewer it is not waited for that a request which never ends is ended. */
const fewRequests = 5_000;
const mostReplyBytes = 64 * 1024;
/** The timeline keeps so many entries. */
const mostCounted = 400;
/** The monitor gives a request ten seconds, and looks every half minute. */
const endedDeadlineMs = 45_000;

/**
 * Hostile requests to the listener of a real monitor, in which an incident is open: as providers of e-mail, text messages and
 * PagerDuty, as people with links, as Prometheus and as strangers. Nothing may be taken without what proves it.
 */
export async function fuzzMonitor(requests: number, seed: number): Promise<FuzzReport> {
  const monitor = await startFuzzedMonitor();
  try {
    const random = createRandom(seed);
    const statuses = new Map<number, number>();
    let taken = 0;
    const slow = requests < fewRequests ? Promise.resolve(true) : sendSlowly(monitor);
    const outcome = await sendRequests(monitor, { requests, concurrency }, async (index) => {
      const request = makeMonitorRequest(random, monitor.secrets);
      const reply = await sendRawRequest(monitor.port, request.bytes, index, request.isEndless ? abandonMs : undefined);
      if (reply.status !== undefined) statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      if (isTaken(reply)) taken++;
      const problem = judgeMonitorReply(request, reply);
      return (
        problem && `${request.what}: ${problem}\n  ${JSON.stringify(request.bytes.toString('latin1').slice(0, 600))}`
      );
    });
    const problems = [...outcome.problems, ...(await judgeGrowth(monitor, outcome))];
    if (monitor.isAlive()) problems.push(...(await judgeMonitor(monitor, taken)));
    if (!(await slow)) problems.push('requests that never end are not ended');
    const end = await monitor.stop();
    if (end !== undefined) problems.push(end);
    return {
      requests: outcome.sent,
      statuses,
      problems,
      more: [`taken ${taken} times, each time with what proves it`],
    };
  } finally {
    await monitor.stop();
  }
}

function isTaken({ body }: RawReply): boolean {
  return /"taken":true|It is yours/.test(body);
}

/** What is wrong with a reply; undefined: nothing. */
export function judgeMonitorReply(request: MonitorRequest, reply: RawReply): string | undefined {
  const { status, body } = reply;
  if (isTaken(reply)) return request.mayTake ? undefined : 'it was taken without what proves it';
  if (request.isEndless) return undefined;
  // A connection that is ended while too much is still being sent may be reset before its answer is read.
  if (request.isTooLarge) return status === undefined || status >= 400 ? undefined : `${status} for too much`;
  if (status === undefined) return 'no reply';
  if (status >= 500) return `${status}: ${body.slice(0, 300)}`;
  if (body.length > mostReplyBytes) return `a reply of ${body.length} bytes`;
  if (/^holdfast_monitor_/m.test(body) && !request.mayRead) return 'the metrics were shown without their token';
  return undefined;
}

async function judgeMonitor(monitor: FuzzedMonitor, taken: number): Promise<string[]> {
  const { link } = monitor.secrets;
  const problems: string[] = [];
  const stored = await monitor.countTaken();
  if (taken <= mostCounted && stored !== taken)
    problems.push(`${stored} entries say that it was taken, and ${taken} replies`);
  const right = `POST /acknowledge/${link} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
  const reply = await sendRawRequest(monitor.port, Buffer.from(right), 0, undefined);
  if (!isTaken(reply)) problems.push(`a right link takes nothing any more: ${reply.status}`);
  return problems;
}

/** Whether a request that is never whole is ended by the monitor. */
function sendSlowly({ port }: FuzzedMonitor): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('POST /replies/email HTTP/1.1\r\nhost: x\r\n'));
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(false);
    }, endedDeadlineMs);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.resume();
  });
}
