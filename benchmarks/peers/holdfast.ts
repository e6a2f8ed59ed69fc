import type { Peer } from './peer.ts';
import { runHoldfast } from './run-holdfast.ts';
import { findFreePort } from './run-server.ts';

const registrationSecret = 'bench-registration-secret';

/** Holdfast itself, one process over the given database. */
export const holdfast: Peer = {
  name: 'holdfast',
  async start({ dataFolder, serverName, databaseUrl }) {
    const port = await findFreePort();
    const env = { HOLDFAST_REGISTRATION_SHARED_SECRET: registrationSecret };
    const running = await runHoldfast({ folder: dataFolder, port, serverName, databaseUrl, env });
    return { ...running, databaseUrl, registrationSecret, version: `Holdfast on Node ${process.version}` };
  },
};
