import type { EtcdObservation } from '../../observations/etcd.ts';
import { formatDuration } from '../format-figures.ts';
import { type AlertName, type Cause, type Condition, defineRule } from '../rule.ts';

const warningMs = 20_000;
const quorumWarningMs = 5_000;
const quorumPageMs = 20_000;

/** One member that is away takes nothing from anybody; without a majority or room nobody takes over. */
export const etcdLost: Cause = {
  rule: 'etcd-unwell',
  explains: ({ subject }: AlertName) => ['majority', 'NOSPACE', 'CORRUPT'].includes(subject),
};

/** etcd is where it stands who the primary is: without it nobody takes over, and a primary that is alone steps down. */
export const etcdUnwell = defineRule({
  name: 'etcd-unwell',
  title: 'etcd is not well',
  severities: ['page', 'warning'],
  source: 'etcd',
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  causes: ['route-lost', 'address-lost', 'peer-unreachable'],
  judge(members) {
    const majority = judgeMajority(members);
    const each = majority.length > 0 ? [] : members.flatMap((member) => judgeMember(member));
    return [...majority, ...judgeAlarms(members), ...each];
  },
});

function badForMs({ silentForMs, unwellForMs }: EtcdObservation): number {
  return Math.max(silentForMs, unwellForMs);
}

/** With half of them or more away, or saying that they reach no majority, there is none. */
function judgeMajority(members: readonly EtcdObservation[]): Condition[] {
  const bad = members.filter((member) => badForMs(member) > 0 && member.alarms.length === 0);
  if (bad.length * 2 < members.length) return [];
  // As long as the one that makes it half.
  const forMs = bad.map(badForMs).sort((a, b) => b - a)[Math.ceil(members.length / 2) - 1] ?? 0;
  if (forMs < quorumWarningMs) return [];
  const summary = `etcd has no majority for ${formatDuration(forMs)}: ${bad.length} of ${members.length} members are not well`;
  return [{ subject: 'majority', severity: forMs >= quorumPageMs ? 'page' : 'warning', summary }];
}

function judgeAlarms(members: readonly EtcdObservation[]): Condition[] {
  const alarms = new Set(members.flatMap((member) => member.alarms));
  return [...alarms].map((alarm) => {
    const what = alarm === 'NOSPACE' ? 'its room is used up, and it takes no writes' : 'its members differ';
    return { subject: alarm, severity: 'page', summary: `etcd has the alarm ${alarm}: ${what}` };
  });
}

function judgeMember(member: EtcdObservation): Condition[] {
  const { place, silentForMs, alarms, why } = member;
  const forMs = badForMs(member);
  if (forMs < warningMs || alarms.length > 0) return [];
  const what = silentForMs > 0 ? 'has not answered' : 'has not been well';
  const summary = `etcd at ${place} ${what} for ${formatDuration(forMs)}${why === undefined ? '' : `: ${why}`}`;
  return [{ subject: place, severity: 'warning', summary }];
}
