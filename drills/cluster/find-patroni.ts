import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installTimeoutMs = 300_000;
const patroniVersion = '4.1.5';
/** Not below /root: Patroni and PostgreSQL run as another user, who has to get there. */
const environment = `/var/cache/holdfast-drill/patroni-${patroniVersion}`;

/** The programs of a cluster that fails over, and whom they run as. */
export interface PatroniPrograms {
  readonly patroni: string;
  readonly etcd: string;
  /** Of PostgreSQL's programs. */
  readonly binFolder: string;
  readonly user: { readonly uid: number; readonly gid: number };
}

/** Finds them, installed if that is possible. Throws with what is missing: a drill without them has proved nothing. */
export async function findPatroni(): Promise<PatroniPrograms> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('three machines with PostgreSQL need Linux and root here: they run as the user postgres');
  }
  const packages = [
    ...(findPostgres() ? [] : ['postgresql']),
    ...(findEtcd() ? [] : ['etcd-server']),
    ...(existsSync(`${environment}/bin/patroni`) ? [] : ['python3-venv']),
  ];
  if (packages.length > 0) await install(packages);
  if (!existsSync(`${environment}/bin/patroni`)) await installPatroni();
  const [binFolder, etcd, user] = [findPostgres(), findEtcd(), findUser()];
  if (!binFolder || !etcd || !user || !existsSync(`${environment}/bin/patroni`)) {
    throw new Error(
      `PostgreSQL, etcd or Patroni ${patroniVersion} is missing: apt-get install postgresql etcd-server python3-venv, and ` +
        `python3 -m venv ${environment} && ${environment}/bin/pip install 'patroni[etcd3]==${patroniVersion}' psycopg2-binary`,
    );
  }
  return { patroni: `${environment}/bin/patroni`, etcd, binFolder, user };
}

function findPostgres(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin/pg_basebackup').toSorted().at(-1)?.replace('/pg_basebackup', '');
}

function findEtcd(): string | undefined {
  return ['/usr/bin/etcd', '/usr/local/bin/etcd'].find((path) => existsSync(path));
}

function findUser(): PatroniPrograms['user'] | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Debian starts what it installs; the drill starts its own. */
async function install(packages: readonly string[]): Promise<void> {
  const settings = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = { timeout: installTimeoutMs, env: settings };
  await run('apt-get', ['update', '-qq'], options).catch(() => {});
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options).catch(() => {});
}

async function installPatroni(): Promise<void> {
  await mkdir(environment, { recursive: true });
  const options = { timeout: installTimeoutMs };
  await run('/usr/bin/python3', ['-m', 'venv', environment], options).catch(() => {});
  const wanted = [`patroni[etcd3]==${patroniVersion}`, 'psycopg2-binary'];
  await run(`${environment}/bin/pip`, ['install', '-q', ...wanted], options).catch(() => {});
}
