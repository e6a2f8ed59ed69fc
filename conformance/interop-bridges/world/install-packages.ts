import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const options = { maxBuffer: 1 << 26, timeout: 600_000 };

export interface Installation {
  readonly folder: string;
  /** Of the first package. */
  readonly version: string;
}

/**
 * Packages from PyPI in a virtual environment of their own, in the newest releases; what is there already is used again.
 * `folder/bin/python` runs them.
 */
export async function installFromPypi(folder: string, packages: readonly string[]): Promise<Installation> {
  const python = join(folder, 'bin', 'python');
  const [first = ''] = packages;
  const name = first.replace(/\[.*$/, '');
  const readVersion = async () => {
    const code = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`;
    return (await run(python, ['-c', code], options)).stdout.trim();
  };
  const known = await readVersion().catch(() => undefined);
  if (known !== undefined) return { folder, version: known };
  if (!existsSync(python)) await run('python3', ['-m', 'venv', folder], options);
  await run(python, ['-m', 'pip', 'install', '--quiet', ...packages], options);
  return { folder, version: await readVersion() };
}

/**
 * A package from npm in a folder of its own, in the newest release; what is there already is used again. No script of it
 * runs, and `leftOut`, a dependency that could only be fetched by one, is an empty package.
 */
export async function installFromNpm(folder: string, name: string, leftOut: string): Promise<Installation> {
  const readVersion = async () => {
    const code = `require(${JSON.stringify(name)}); console.log(require(${JSON.stringify(`${name}/package.json`)}).version)`;
    return (await run(process.execPath, ['-e', code], { ...options, cwd: folder })).stdout.trim();
  };
  const known = await readVersion().catch(() => undefined);
  if (known !== undefined) return { folder, version: known };
  const empty = join(folder, 'empty');
  await mkdir(empty, { recursive: true });
  await writeFile(join(empty, 'package.json'), JSON.stringify({ name: leftOut, version: '0.0.0', main: 'index.js' }));
  await writeFile(join(empty, 'index.js'), 'module.exports = {};\n');
  const wanted = { private: true, dependencies: { [name]: '*' }, overrides: { [leftOut]: 'file:./empty' } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(wanted));
  await run('npm', ['install', '--no-fund', '--no-audit', '--ignore-scripts'], { ...options, cwd: folder });
  return { folder, version: await readVersion() };
}
