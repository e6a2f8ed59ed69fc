/** Whether other servers find this one under its name, as seen from the monitor's machine. */
export interface ReachabilityObservation {
  readonly serverName: string;
  /** Checks in a row in which it was not found, and since when; 0 when the last one went well. */
  readonly failedChecks: number;
  readonly failingForMs: number;
  /** Checks in a row that went well. */
  readonly goodChecks: number;
  /** This monitor has found it before: where it never did, that may be for want of a way from here. */
  readonly wasReached: boolean;
  /** What is wrong, or soon will be, for people. */
  readonly why?: string;
  /** Checks in a row that went well and had something to say all the same, such as a certificate that ends soon. */
  readonly doubtfulChecks: number;
  /** For how long no check came to its end. */
  readonly unseenForMs: number;
}
