/** A file that lies in the store. */
export interface AvailableFile {
  /** SHA-256. */
  readonly content: Uint8Array;
  readonly sizeBytes: number;
  readonly contentType: string | null;
  readonly fileName: string | null;
}
