import type { Portal } from '../storage/portals.ts';
import type { BridgeContext } from './bridge-context.ts';
import type { Canary } from './canary.ts';

/** The running parts of a bridge, as far as others look at them. */
export interface BridgeParts {
  readonly context: BridgeContext;
  readonly canaries: ReadonlyMap<string, Canary>;
  readonly outbox: { readonly activeKeys: number };
  readonly inbox: { readonly activeKeys: number };
  readonly people: { readonly queued: number; bringInLater(portal: Portal, afterMs: number): void };
  readonly presence: { readonly waiting: number };
}
