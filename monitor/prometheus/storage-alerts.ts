import { backupCopyLateLimits } from '../decide/rules/backup-copy-late.ts';
import { diskFillingLimits } from '../decide/rules/disk-filling.ts';
import { replicaLostLimits } from '../decide/rules/replica-lost.ts';
import { replicationLagLimits } from '../decide/rules/replication-lag.ts';
import { slotRunningOutLimits } from '../decide/rules/slot-running-out.ts';
import { backupSlack } from '../observe/backups.ts';
import { always, type DirectAlert, gaugeAlerts, type Series, seconds, severities } from './direct-alert.ts';

const own = (metric: string, labels = '') => `${metric}{job="holdfast",instance="hs1"${labels}}`;
const backup = (name: string) => `holdfast_backup_${name}{job="holdfast"}`;
const age = (name: string) => `(time() - ${backup(name)})`;
/** promtool evaluates at this time. */
const nowSeconds = 900;
/** A share, or a number of whole things, with the two limits as they are. */
const share = (limits: { readonly page: number; readonly warning: number }) => {
  return { pageMs: limits.page * 1000, warningMs: limits.warning * 1000 };
};

const slotSafe = 'min by (job) (holdfast_replication_slot_safe_share)';
const replicaAlerts: readonly DirectAlert[] = [
  ...severities.map((severity): DirectAlert => {
    const { pageShare, warningShare } = slotRunningOutLimits;
    const limit = severity === 'page' ? pageShare : warningShare;
    return {
      ...{ rule: 'slot-running-out', severity, subject: 'job', expression: `1 - ${slotSafe} >= ${1 - limit}` },
      fires: [[own('holdfast_replication_slot_safe_share'), always(limit * 0.9)]],
      rests: [[own('holdfast_replication_slot_safe_share'), always(severity === 'page' ? limit * 1.2 : 0.9)]],
    };
  }),
  {
    ...{ rule: 'replica-lost', severity: 'page', subject: 'job', forMs: replicaLostLimits.pageMs },
    expression:
      'max by (job) (holdfast_replication_slots_inactive) > 0 or max by (job) (holdfast_replication_slots_lost) > 0',
    fires: [[own('holdfast_replication_slots_inactive'), always(1)]],
    rests: [[own('holdfast_replication_slots_inactive'), always(0)]],
  },
  ...gaugeAlerts(
    'replication-lag',
    {
      ...{ expression: 'max by (job) (holdfast_replication_lag_seconds)', subject: 'job', rests: 5 },
      series: own('holdfast_replication_lag_seconds'),
    },
    replicationLagLimits,
  ),
];

/** Logs come once a minute at least; at 256 of them the first is given up. */
const waitingLogs = { page: 64, warning: 5 };
const backupAge = `${age('newest_verified_timestamp_seconds')} / ${backup('interval_seconds')}`;
const mediaAge = `(${age('media_last_pass_timestamp_seconds')} and on (instance) ${backup('media_failures')} > 0)`;

/** Something that should have been done at a time, with the limits of how long ago that may be. */
function lateAlerts(
  rule: string,
  { figure, series }: { readonly figure: string; readonly series: string },
  limits: { readonly pageMs: number; readonly warningMs: number },
  besides: readonly Series[] = [],
): DirectAlert[] {
  return severities.map((severity) => {
    const limit = seconds(severity === 'page' ? limits.pageMs : limits.warningMs);
    const ago = (factor: number): Series => [series, always(nowSeconds - limit * factor)];
    const rests: Series = severity === 'page' ? ago(0.9) : [series, always(nowSeconds - 10)];
    return {
      ...{ rule, severity, subject: 'instance', expression: `${figure} >= ${limit}` },
      ...{ fires: [ago(1.1), ...besides], rests: [rests, ...besides] },
    };
  });
}

const backupAlerts: readonly DirectAlert[] = [
  ...gaugeAlerts(
    'archive-failing',
    {
      ...{ expression: backup('waiting_logs'), subject: 'instance', rests: 2 },
      series: own('holdfast_backup_waiting_logs'),
    },
    share(waitingLogs),
  ),
  ...severities.map((severity): DirectAlert => {
    const limit = severity === 'page' ? 2 * backupSlack : backupSlack;
    const interval = (factor: number): Series => [
      own('holdfast_backup_interval_seconds'),
      always(nowSeconds / limit / factor),
    ];
    return {
      ...{ rule: 'backup-too-old', severity, subject: 'instance', expression: `${backupAge} >= ${limit}` },
      fires: [[own('holdfast_backup_newest_verified_timestamp_seconds'), always(0)], interval(1.1)],
      rests: [
        [own('holdfast_backup_newest_verified_timestamp_seconds'), always(0)],
        severity === 'page' ? interval(0.9) : interval(0.5),
      ],
    };
  }),
  {
    ...{ rule: 'backup-too-old', severity: 'warning', subject: 'instance' },
    expression: `${backup('running')} == 0 unless on (instance) ${backup('newest_verified_timestamp_seconds')}`,
    fires: [['holdfast_backup_running{job="holdfast",instance="hs2"}', always(0)]],
    rests: [['holdfast_backup_running{job="holdfast",instance="hs2"}', always(1)]],
  },
  ...lateAlerts(
    'backup-copy-late',
    {
      figure: age('bucket_waiting_since_timestamp_seconds'),
      series: own('holdfast_backup_bucket_waiting_since_timestamp_seconds'),
    },
    backupCopyLateLimits.bucket,
  ),
  ...lateAlerts(
    'backup-copy-late',
    {
      figure: mediaAge,
      series: 'holdfast_backup_media_last_pass_timestamp_seconds{job="holdfast",instance="hs3"}',
    },
    backupCopyLateLimits.media,
    [['holdfast_backup_media_failures{job="holdfast",instance="hs3"}', always(2)]],
  ),
  {
    ...{ rule: 'backup-gap', severity: 'warning', subject: 'instance' },
    expression: `${backup('lost_logs')} > 0`,
    fires: [[own('holdfast_backup_lost_logs'), always(3)]],
    rests: [[own('holdfast_backup_lost_logs'), always(0)]],
  },
  {
    ...{ rule: 'media-damaged', severity: 'page', subject: 'instance' },
    expression: `${backup('media_damaged')} > 0`,
    fires: [[own('holdfast_backup_media_damaged'), always(1)]],
    rests: [[own('holdfast_backup_media_damaged'), always(0)]],
  },
];

const volume = (what: string, holds: string) => own(`holdfast_volume_${what}_bytes`, `,holds="${holds}"`);
const available = 'holdfast_volume_available_bytes{job="holdfast"}';
const used = `1 - ${available} / holdfast_volume_size_bytes{job="holdfast"}`;
/** What a look back over an hour says; less would take one large file for a volume that fills up. */
const diskForMs = 120_000;
const aheadSeconds = seconds(diskFillingLimits.slowPageMs);

const diskAlerts: readonly DirectAlert[] = [
  ...severities.map((severity): DirectAlert => {
    const { pageShare, warningShare } = diskFillingLimits;
    const limit = severity === 'page' ? pageShare : warningShare;
    const size: Series = [volume('size', 'media'), always(1_000)];
    return {
      ...{ rule: 'disk-filling', severity, subject: 'holds', forMs: diskForMs, expression: `${used} >= ${1 - limit}` },
      fires: [[volume('available', 'media'), always(limit * 900)], size],
      rests: [[volume('available', 'media'), always(severity === 'page' ? limit * 1_200 : 500)], size],
    };
  }),
  {
    ...{ rule: 'disk-filling', severity: 'page', subject: 'holds', forMs: diskForMs },
    expression: `predict_linear(${available}[1h], ${aheadSeconds}) < 0`,
    fires: [[volume('available', 'database'), '900000-10000x20']],
    rests: [[volume('available', 'database'), '900000-10x20']],
  },
];

/** Of the database's replicas, the backups and the volumes. */
export const storageAlerts: readonly DirectAlert[] = [...replicaAlerts, ...backupAlerts, ...diskAlerts];
