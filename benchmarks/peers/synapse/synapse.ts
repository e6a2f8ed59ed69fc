import { execFile, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endProcess, findFreePort, type Peer, waitUntilAnswering } from '../peer.ts';
import { installSynapse } from './install-synapse.ts';
import { synapseConfig, synapseLogConfig } from './synapse-config.ts';

const run = promisify(execFile);
const registrationSecret = 'bench-registration-secret';

/** Synapse's newest release from PyPI, one process; installed in the scratch folder on the first use. */
export function synapse(scratchFolder: string): Peer {
  return {
    name: 'synapse',
    async start(options) {
      const installation = await installSynapse(scratchFolder);
      mkdirSync(options.dataFolder, { recursive: true });
      const port = await findFreePort();
      const configPath = join(options.dataFolder, 'homeserver.yaml');
      const config = synapseConfig({ ...options, port, registrationSecret });
      writeFileSync(configPath, JSON.stringify(config, null, 2));
      writeFileSync(join(options.dataFolder, 'log.yaml'), JSON.stringify(synapseLogConfig(options.dataFolder)));
      const program = ['-m', 'synapse.app.homeserver', '--config-path', configPath];
      await run(installation.python, [...program, '--generate-keys'], { cwd: options.dataFolder });
      const outputPath = join(options.dataFolder, 'output.log');
      const output = openSync(outputPath, 'a');
      const startedMs = performance.now();
      const child = spawn(installation.python, program, { cwd: options.dataFolder, stdio: ['ignore', output, output] });
      const baseUrl = `http://127.0.0.1:${port}`;
      try {
        await waitUntilAnswering(`${baseUrl}/_matrix/client/versions`, child, () => readFileSync(outputPath, 'utf8'));
      } catch (error) {
        await endProcess(child);
        throw error;
      }
      return {
        baseUrl,
        pid: child.pid as number,
        databaseUrl: options.databaseUrl,
        registrationSecret,
        version: `Synapse ${installation.version}`,
        startMs: performance.now() - startedMs,
        stop: () => endProcess(child),
      };
    },
  };
}
