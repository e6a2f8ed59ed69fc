import type { EventOrigin } from '../draft-writes.ts';

/** Events of this server that its room's policy server has to sign before anybody may see them. */
export interface UnsignedEvents {
  readonly roomId: string;
  /** Each comes after the one before it. */
  readonly events: readonly { readonly eventId: string; readonly pduJson: string }[];
  /** Of the request that the last one answers. */
  readonly origin: EventOrigin;
}
