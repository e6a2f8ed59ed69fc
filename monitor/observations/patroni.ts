/** What Patroni says of the machines that run one PostgreSQL. */
export interface PatroniObservation {
  /** Patronis that do not answer, by where they are asked, and for how long. */
  readonly silent: readonly { readonly place: string; readonly forMs: number; readonly why: string }[];
  /** What one of them says of all machines; not there while none answers. */
  readonly cluster?: {
    /** Nobody is promoted by itself while it is; 0: it is not. */
    readonly pausedForMs: number;
    /** How long no machine is the primary; 0 while one is. */
    readonly leaderlessForMs: number;
    readonly members: readonly PatroniMember[];
  };
}

export interface PatroniMember {
  readonly name: string;
  /** `running` or `streaming` where it is well; `gone` where the others have not heard of it for so long. */
  readonly state: string;
  /** How long it has been in no such state, or behind on an old timeline; 0 while it is well. */
  readonly unwellForMs: number;
  /** It follows a history that is no more. */
  readonly isOnOldTimeline: boolean;
}
