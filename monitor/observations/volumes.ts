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
  /** Undefined where the file system makes inodes as it needs them. */
  readonly inodes?: { readonly available: number; readonly total: number };
  readonly isReadOnly: boolean;
}
