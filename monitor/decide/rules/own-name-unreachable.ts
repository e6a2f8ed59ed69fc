import type { ReachabilityObservation } from '../../observations/reachability.ts';
import { formatDuration } from '../format-figures.ts';
import { type Condition, defineRule } from '../rule.ts';

/** One check is no proof, neither that it is not found nor that it is found again. */
const checks = 2;
const pageMs = 15 * 60_000;
const unseenMs = 30 * 60_000;

/** Other servers do not find this one under its name: nothing comes in from them, and new ones cannot join. */
export const ownNameUnreachable = defineRule({
  name: 'own-name-unreachable',
  title: 'Other servers do not find this one',
  severities: ['page', 'warning'],
  source: 'reachability',
  raiseAfterMs: 0,
  clearAfterMs: 15_000,
  causes: ['route-lost', 'address-lost', 'name-unresolved', 'process-silent', 'certificate-ending'],
  judge(seen, { isRaised }) {
    return [...judgeWay(seen, isRaised(seen.serverName)), ...judgeSight(seen)];
  },
});

function judgeWay(seen: ReachabilityObservation, isRaised: boolean): Condition[] {
  const { serverName: subject, failedChecks, failingForMs, goodChecks, doubtfulChecks, wasReached, why = '' } = seen;
  if (failedChecks >= checks || (isRaised && failedChecks > 0)) {
    const severity = wasReached && failingForMs >= pageMs ? 'page' : 'warning';
    const never = wasReached ? '' : ' (from here they never did)';
    const summary = `other servers do not find ${subject} for ${formatDuration(failingForMs)}${never}: ${why}`;
    return [{ subject, severity, summary }];
  }
  if (doubtfulChecks >= checks) {
    return [{ subject, severity: 'warning', summary: `other servers find ${subject}, but ${why}` }];
  }
  if (!isRaised || goodChecks >= checks) return [];
  return [{ subject, severity: 'warning', summary: `other servers found ${subject} once again` }];
}

function judgeSight({ unseenForMs, why = '' }: ReachabilityObservation): Condition[] {
  if (unseenForMs < unseenMs) return [];
  const summary = `whether other servers find this one is not known for ${formatDuration(unseenForMs)}: ${why}`;
  return [{ subject: 'check', severity: 'warning', summary }];
}
