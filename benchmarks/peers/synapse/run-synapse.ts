import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runServer } from '../run-server.ts';
import { installSynapse } from './install-synapse.ts';
import { type SynapseSetting, synapseConfig, synapseLogConfig } from './synapse-config.ts';

const run = promisify(execFile);

/**
 * Starts Synapse's newest release from PyPI, one process, and waits until it answers; it is installed in the scratch
 * folder on the first use. `besides` stands in the configuration instead of what stands there otherwise.
 */
export async function runSynapse(
  scratchFolder: string,
  setting: SynapseSetting,
  besides: Readonly<Record<string, unknown>> = {},
) {
  const { python, version } = await installSynapse(scratchFolder);
  const { dataFolder: folder, port } = setting;
  await mkdir(folder, { recursive: true });
  const configPath = join(folder, 'homeserver.yaml');
  await writeFile(configPath, JSON.stringify({ ...synapseConfig(setting), ...besides }, null, 2));
  await writeFile(join(folder, 'log.yaml'), JSON.stringify(synapseLogConfig(folder)));
  const args = ['-m', 'synapse.app.homeserver', '--config-path', configPath];
  await run(python, [...args, '--generate-keys'], { cwd: folder });
  const running = await runServer({ program: python, args, folder, port });
  return { ...running, version: `Synapse ${version}` };
}
