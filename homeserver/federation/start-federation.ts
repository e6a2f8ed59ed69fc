import type { Context } from '../platform/context.ts';
import { FederationSender } from './federation-sender.ts';
import { GapFiller } from './gap-filler.ts';
import { UndecidedPdus } from './undecided-pdus.ts';

export interface StartedFederation {
  /** What is under way is given up: it is done again after the next start, or by another process. */
  close(): Promise<void>;
}

/** Starts what a process does for other servers by itself. Nothing where federation is switched off. */
export function startFederation(context: Context): StartedFederation {
  if (!context.config.federation.enabled) return { close: async () => {} };
  const sender = new FederationSender(context);
  const gapFiller = new GapFiller(context);
  const undecided = new UndecidedPdus(context);
  sender.start();
  gapFiller.start();
  undecided.start();
  return {
    async close() {
      undecided.close();
      gapFiller.close();
      await sender.close();
    },
  };
}
