/** A registration as it is stored. */
export interface RegistrationRow {
  readonly id: string;
  /** JSON. */
  readonly registration: string;
  /** Where it comes from. */
  readonly folder: string;
  readonly file: string;
}
