import type { Peer } from '../peer.ts';
import { findFreePort } from '../run-server.ts';
import { runSynapse } from './run-synapse.ts';

const registrationSecret = 'bench-registration-secret';

/** Synapse as a server that is measured. */
export function synapse(scratchFolder: string): Peer {
  return {
    name: 'synapse',
    async start(options) {
      const port = await findFreePort();
      const running = await runSynapse(scratchFolder, { ...options, port, registrationSecret });
      return { ...running, databaseUrl: options.databaseUrl, registrationSecret };
    },
  };
}
