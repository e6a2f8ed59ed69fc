/** The replicas of the primary and what it keeps for them. */
export interface ReplicationState {
  readonly slots: readonly ReplicationSlot[];
  readonly standbys: number;
  /** Standbys that a commit may wait for. */
  readonly synchronousStandbys: number;
  /** Of the standby that is furthest behind; undefined without standbys, or where this role may not know. */
  readonly lagBytes: number | undefined;
  readonly lagSeconds: number | undefined;
  /** `max_slot_wal_keep_size`; undefined: no bound. */
  readonly slotKeepBytes: number | undefined;
}

export interface ReplicationSlot {
  readonly name: string;
  readonly isActive: boolean;
  /** The log that its replica needs is gone. */
  readonly isLost: boolean;
  /** What may still be written before it is lost; undefined where there is no bound. */
  readonly safeBytes: number | undefined;
}

export type ReplicationSeverity = 'well' | 'warning' | 'page';

export interface ReplicationVerdict {
  readonly severity: ReplicationSeverity;
  /** For people. */
  readonly problems: readonly string[];
}

/** Below this share of what is kept somebody must look: it comes long before the slot is lost. */
const pageShare = 0.5;

/**
 * What the state of the replicas means. A replica that is away is a warning; one that will have to catch up from the
 * archive, a page.
 */
export function judgeReplication({ slots, slotKeepBytes }: ReplicationState): ReplicationVerdict {
  const problems: string[] = [];
  let severity: ReplicationSeverity = 'well';
  for (const { name, isActive, isLost, safeBytes } of slots) {
    const share = safeShareOf(safeBytes, slotKeepBytes);
    if (isLost) problems.push(`the log that replica ${name} needs is gone: it must catch up from the archive`);
    else if (share !== undefined && share < pageShare) {
      problems.push(
        `replica ${name} is ${isActive ? 'far behind' : 'away'}: ${toMebibytes(safeBytes)} MiB until its log is gone`,
      );
    } else if (!isActive) problems.push(`replica ${name} is away`);
    else continue;
    severity = isLost || (share !== undefined && share < pageShare) ? 'page' : severity === 'page' ? 'page' : 'warning';
  }
  return { severity, problems };
}

/** 1: everything may still be written that is kept; 0: the next log is lost. */
export function safeShareOf(safeBytes: number | undefined, keepBytes: number | undefined): number | undefined {
  if (safeBytes === undefined || keepBytes === undefined || keepBytes <= 0) return undefined;
  return Math.min(1, Math.max(0, safeBytes / keepBytes));
}

const toMebibytes = (bytes: number | undefined) => Math.floor((bytes ?? 0) / 2 ** 20);
