import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Peer } from '../peer.ts';
import { findFreePort, runServer } from '../run-server.ts';
import { installSynapse } from './install-synapse.ts';
import { synapseConfig, synapseLogConfig } from './synapse-config.ts';

const run = promisify(execFile);
const registrationSecret = 'bench-registration-secret';

/** Synapse's newest release from PyPI, one process; installed in the scratch folder on the first use. */
export function synapse(scratchFolder: string): Peer {
  return {
    name: 'synapse',
    async start(options) {
      const { python, version } = await installSynapse(scratchFolder);
      const folder = options.dataFolder;
      mkdirSync(folder, { recursive: true });
      const port = await findFreePort();
      const configPath = join(folder, 'homeserver.yaml');
      const config = synapseConfig({ ...options, port, registrationSecret });
      writeFileSync(configPath, JSON.stringify(config, null, 2));
      writeFileSync(join(folder, 'log.yaml'), JSON.stringify(synapseLogConfig(folder)));
      const args = ['-m', 'synapse.app.homeserver', '--config-path', configPath];
      await run(python, [...args, '--generate-keys'], { cwd: folder });
      const running = await runServer({ program: python, args, folder, port });
      return { ...running, databaseUrl: options.databaseUrl, registrationSecret, version: `Synapse ${version}` };
    },
  };
}
