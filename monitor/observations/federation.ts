export interface FederationObservation {
  /** Servers to which something waits. */
  readonly destinationsBehind: number;
  /** All to which something was sent lately. */
  readonly destinationsKnown: number;
  /** Of those to which something waits without a reason: no attempt failed, and the oldest has waited for so long. */
  readonly stuck: readonly StuckServer[];
  /** Transactions that came and are not worked off. */
  readonly receivedWaiting: number;
  readonly oldestReceivedMs: number;
}

export interface StuckServer {
  readonly server: string;
  readonly waitingMs: number;
  /** Since something last arrived there; not there where no process knows. */
  readonly lastSuccessAgoMs?: number;
}
