export interface CertificateObservation {
  /** A file, or where it is served, such as `matrix.example.org:443`. */
  readonly place: string;
  /** Negative when it is over. */
  readonly remainingMs: number;
  /** What else is wrong with it, such as another name. */
  readonly problem?: string;
}
