export interface NetworkObservation {
  /** Routes that were there before, or that the configuration asks for, and how long each is gone. */
  readonly missingRoutes: readonly { readonly route: string; readonly forMs: number }[];
  /** Addresses likewise. */
  readonly missingAddresses: readonly { readonly address: string; readonly forMs: number }[];
  /** Names that have to be found, and how long each is not. */
  readonly unresolvedNames: readonly { readonly name: string; readonly forMs: number; readonly why: string }[];
  /** Peers that have to be reached, such as the bridge's machine, and how long each is not. */
  readonly unreachablePeers: readonly { readonly peer: string; readonly forMs: number; readonly why: string }[];
  /** Addresses that somebody else lends this machine. */
  readonly leases: readonly { readonly address: string; readonly remainingMs: number; readonly lifetimeMs: number }[];
}
