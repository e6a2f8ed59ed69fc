/** One member of the etcd in which it stands who the primary is. */
export interface EtcdObservation {
  readonly place: string;
  /** How long it has not answered; 0 while it does. */
  readonly silentForMs: number;
  /** How long it has answered that it is not well: it reaches no majority, or has an alarm. 0 while it is. */
  readonly unwellForMs: number;
  /** Such as `NOSPACE`: it takes no writes. */
  readonly alarms: readonly string[];
  readonly why?: string;
}
