import type { Sample } from './sample.ts';

export interface VolumeObservation {
  /** Where it is mounted, or the folder that was asked about. */
  readonly path: string;
  /** What Holdfast keeps there, such as `database, media`. */
  readonly holds: string;
  readonly sizeBytes: number;
  /**
   * What an ordinary user may still write (`bavail`, never `bfree`, which counts the blocks that the file system keeps for
   * root), over time.
   */
  readonly availableBytes: readonly Sample[];
  /**
   * The same less what PostgreSQL's logs may still take before they are used again (`max_wal_size`): what is left once they
   * have come to their size. Only where its logs are on the volume and can be seen.
   */
  readonly besidesLogsBytes?: readonly Sample[];
  /** Undefined where the file system makes inodes as it needs them. */
  readonly inodes?: { readonly available: number; readonly total: number };
  readonly isReadOnly: boolean;
  /** The file that holds room for the database is on it. */
  readonly hasReserve?: boolean;
  /** How long nothing is known of it, and why; what is above says nothing then. */
  readonly unseen?: { readonly forMs: number; readonly why: string };
}
