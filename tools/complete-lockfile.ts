/**
 * Fills package-lock.json's holes: a mirror of the npm registry that lacks some platforms' builds makes npm leave them
 * out of the lock file it writes there, and then `npm ci` refuses that lock file on every platform.
 *
 *   node tools/complete-lockfile.ts      after `npm install` of something new; a complete lock file stays as it is
 */
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface LockedPackage {
  version?: string;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  link?: boolean;
  cpu?: string[];
  os?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];

/** The platform that a package of prebuilt code names in its own name, as the lock file's os, cpu and libc. */
function readPlatform(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[-/]/);
  const os = systems.filter((system) => words.includes(system) || words.includes(`${system}musl`));
  const cpu = processors.filter((processor) => words.includes(processor));
  const libc = words.some((word) => word.endsWith('musl')) ? ['musl'] : words.includes('gnu') ? ['glibc'] : [];
  return {
    ...(cpu.length > 0 && { cpu }),
    ...(libc.length > 0 && { libc }),
    ...(os.length > 0 && { os }),
  };
}

function isLocked(lockfile: Lockfile, dependent: string, name: string): boolean {
  let folder = dependent;
  for (;;) {
    if (lockfile.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
    folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : '';
  }
}

/**
 * The optional dependencies that the lock file names without locking them, as the entries that are missing, by path.
 * Only exact versions can be filled in; a range is reported as an error.
 */
export function findLockfileHoles(lockfile: Lockfile): Record<string, LockedPackage> {
  const holes: Record<string, LockedPackage> = {};
  for (const [path, locked] of Object.entries(lockfile.packages)) {
    for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
      if (isLocked(lockfile, path, name)) continue;
      if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) throw new Error(`${path} wants ${name}@${version}: not one version`);
      const { cpu, libc, os } = readPlatform(name);
      // In npm's own order of keys, so that npm's next writing changes nothing.
      holes[`node_modules/${name}`] = {
        version,
        ...(cpu && { cpu }),
        ...(locked.dev && { dev: true }),
        ...(libc && { libc }),
        optional: true,
        ...(os && { os }),
      };
    }
  }
  return holes;
}

/** Whether npm wrote its record of what is installed after the lock file: what is installed is then what is locked. */
function isInstalled(path: string, record: string): boolean {
  return existsSync(record) && statSync(record).mtimeMs >= statSync(path).mtimeMs;
}

/** Fills the holes of the lock file at `path` and gives their number. */
function completeLockfile(path: string): number {
  const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile;
  const holes = findLockfileHoles(lockfile);
  if (Object.keys(holes).length > 0) {
    const entries = Object.entries({ ...lockfile.packages, ...holes });
    lockfile.packages = Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, 'en')));
    const record = join(dirname(path), 'node_modules/.package-lock.json');
    const installed = isInstalled(path, record);
    writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
    // Other platforms' builds change nothing here: without this, install-once.sh would install everything anew.
    if (installed) utimesSync(record, new Date(), new Date());
  }
  return Object.keys(holes).length;
}

if (import.meta.main) {
  const filled = completeLockfile(join(resolve(import.meta.dirname, '..'), 'package-lock.json'));
  console.log(filled === 0 ? 'package-lock.json is complete.' : `package-lock.json: ${filled} packages filled in.`);
}
