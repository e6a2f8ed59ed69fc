import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const packages = ['matrix-synapse', 'psycopg2-binary'];

export interface SynapseInstallation {
  /** The Python of the virtual environment. */
  readonly python: string;
  readonly version: string;
}

/** Synapse's newest release in a virtual environment in the scratch folder; what is there already is used again. */
export async function installSynapse(scratchFolder: string): Promise<SynapseInstallation> {
  const folder = join(scratchFolder, 'synapse-venv');
  const python = join(folder, 'bin', 'python');
  if (!existsSync(python)) await run('python3', ['-m', 'venv', folder]);
  const installed = await readVersion(python);
  if (installed !== undefined) return { python, version: installed };
  await run(python, ['-m', 'pip', 'install', '--quiet', ...packages], { maxBuffer: 1 << 26 });
  const version = await readVersion(python);
  if (version === undefined) throw new Error(`pip installed no Synapse in ${folder}`);
  return { python, version };
}

async function readVersion(python: string): Promise<string | undefined> {
  const code = 'import importlib.metadata as m, psycopg2; print(m.version("matrix-synapse"))';
  try {
    return (await run(python, ['-c', code])).stdout.trim();
  } catch {
    return undefined;
  }
}
