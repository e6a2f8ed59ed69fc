/** What an administrator lets a user send, in messages; 0 a second: as much as there is, of all kinds of requests. */
export interface RateOverride {
  readonly perSecond: number;
  readonly burst: number;
}
