import type { Rule } from './rule.ts';
import { addressLost } from './rules/address-lost.ts';
import { archiveFailing } from './rules/archive-failing.ts';
import { backupCopyLate } from './rules/backup-copy-late.ts';
import { backupGap } from './rules/backup-gap.ts';
import { backupTooOld } from './rules/backup-too-old.ts';
import { backupUnverified } from './rules/backup-unverified.ts';
import { bridgeSilent } from './rules/bridge-silent.ts';
import { bridgeStuck } from './rules/bridge-stuck.ts';
import { certificateEnding } from './rules/certificate-ending.ts';
import { checksumsWrong } from './rules/checksums-wrong.ts';
import { clockOff } from './rules/clock-off.ts';
import { clockStepped } from './rules/clock-stepped.ts';
import { clockUnkept } from './rules/clock-unkept.ts';
import { clusterLeaderless } from './rules/cluster-leaderless.ts';
import { clusterMemberUnwell } from './rules/cluster-member-unwell.ts';
import { connectionsRunningOut } from './rules/connections-running-out.ts';
import { databaseDown } from './rules/database-down.ts';
import { diskFilling } from './rules/disk-filling.ts';
import { etcdUnwell } from './rules/etcd-unwell.ts';
import { eventLoopSlow } from './rules/event-loop-slow.ts';
import { federationStuck } from './rules/federation-stuck.ts';
import { inodesRunningOut } from './rules/inodes-running-out.ts';
import { leaseEnding } from './rules/lease-ending.ts';
import { logHole } from './rules/log-hole.ts';
import { mediaDamaged } from './rules/media-damaged.ts';
import { messageLost } from './rules/message-lost.ts';
import { nameUnresolved } from './rules/name-unresolved.ts';
import { ownNameUnreachable } from './rules/own-name-unreachable.ts';
import { patroniPaused } from './rules/patroni-paused.ts';
import { peerUnreachable } from './rules/peer-unreachable.ts';
import { processSilent } from './rules/process-silent.ts';
import { pushFailing } from './rules/push-failing.ts';
import { readersStale } from './rules/readers-stale.ts';
import { replicaLost } from './rules/replica-lost.ts';
import { replicationLag } from './rules/replication-lag.ts';
import { routeLost } from './rules/route-lost.ts';
import { slotIdle } from './rules/slot-idle.ts';
import { slotRunningOut } from './rules/slot-running-out.ts';
import { sourceUnseen } from './rules/source-unseen.ts';
import { tableBloated } from './rules/table-bloated.ts';
import { transactionOpenLong } from './rules/transaction-open-long.ts';
import { turnFailing } from './rules/turn-failing.ts';
import { volumeReadOnly } from './rules/volume-read-only.ts';
import { volumeUnseen } from './rules/volume-unseen.ts';
import { wraparoundNear } from './rules/wraparound-near.ts';
import { writeProbeRefused } from './rules/write-probe-refused.ts';
import { writeProbeUnseen } from './rules/write-probe-unseen.ts';
import { writesRefused } from './rules/writes-refused.ts';

/** Every rule there is. */
export const rules: readonly Rule[] = [
  addressLost,
  archiveFailing,
  backupCopyLate,
  backupGap,
  backupTooOld,
  backupUnverified,
  bridgeSilent,
  bridgeStuck,
  certificateEnding,
  checksumsWrong,
  clockOff,
  clockStepped,
  clockUnkept,
  clusterLeaderless,
  clusterMemberUnwell,
  connectionsRunningOut,
  databaseDown,
  diskFilling,
  etcdUnwell,
  eventLoopSlow,
  federationStuck,
  inodesRunningOut,
  leaseEnding,
  logHole,
  mediaDamaged,
  messageLost,
  nameUnresolved,
  ownNameUnreachable,
  patroniPaused,
  peerUnreachable,
  processSilent,
  pushFailing,
  readersStale,
  replicaLost,
  replicationLag,
  routeLost,
  slotIdle,
  slotRunningOut,
  sourceUnseen,
  tableBloated,
  transactionOpenLong,
  turnFailing,
  volumeReadOnly,
  volumeUnseen,
  wraparoundNear,
  writeProbeRefused,
  writeProbeUnseen,
  writesRefused,
];
