/** What is known of the device list of another server's user. */
export interface RemoteDeviceList {
  readonly userId: string;
  /** `stream_id` of the newest update in the copy; null: there is none yet. */
  readonly streamId: number | null;
  readonly isStale: boolean;
  /** Counts what made it stale. */
  readonly mark: number;
}
