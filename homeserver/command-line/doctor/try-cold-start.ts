import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../platform/config/config.ts';
import { listOwnVariables } from '../../platform/config/list-own-variables.ts';
import { hookFolders } from './check-restart.ts';
import { type Finding, problem, warning } from './finding.ts';
import { type ColdStart, type HookRun, judgeColdStart, judgeHookRun } from './judge-cold-start.ts';

/** A machine has to serve by then. */
const startLimitMs = 120_000;
const slackMs = 30_000;
const hookLimitMs = 10_000;
const mostHooks = 50;
const maxOutputBytes = 1024 * 1024;
const program = fileURLToPath(new URL('./cold-start-program.ts', import.meta.url));

/** Away from everything: nothing outside can be reached, and the sockets of the system's programs are not there. */
const inNamespace = [
  ...['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
  ...[
    '/bin/sh',
    '-c',
    '/bin/mount -t tmpfs tmpfs /run && { /sbin/ip link set lo up || /usr/sbin/ip link set lo up; } && exec "$@"',
    'sh',
  ],
];
/** And nothing on the disks can be changed. */
const readOnly =
  'while read -r _ place _; do /bin/mount -o remount,bind,ro "$place" 2>/dev/null; done </proc/self/mounts; exec /usr/bin/env -i "$@"';

interface Ran {
  /** Undefined: it was ended because it took too long. */
  readonly exitCode: number | undefined;
  readonly output: string;
  readonly complaints: string;
}

function runInNamespace(args: readonly string[], environment: NodeJS.ProcessEnv, timeoutMs: number): Promise<Ran> {
  const options = { env: environment, timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL' as const };
  return new Promise((resolve) => {
    execFile('unshare', [...inNamespace, ...args], options, (error, output, complaints) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      resolve({ exitCode: code, output, complaints });
    });
  });
}

/**
 * Tries what a restart of the machine asks for, before it is needed: a start without a network and an environment, over an
 * empty data folder, and every hook of the network with an empty PATH. The server that runs here, its data and its backups
 * are not touched. Needs Linux and root.
 */
export async function tryColdStart(
  config: Config,
  file: string | undefined,
  folders = hookFolders,
): Promise<Finding[]> {
  const able = await runInNamespace(['/bin/true'], {}, hookLimitMs);
  if (able.exitCode !== 0) {
    const why = able.complaints.trim() || 'there is no `unshare`';
    return [
      warning(
        `a cold start cannot be tried here: ${why}`,
        'run the doctor as root, on Linux with util-linux and iproute2',
      ),
    ];
  }
  const runs: HookRun[] = [];
  for (const path of await listHooks(folders)) runs.push(await runHook(path));
  return [await startCold(config, file), ...runs.map(judgeHookRun)];
}

async function startCold(config: Config, file: string | undefined): Promise<Finding> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-cold-'));
  try {
    await chmod(scratch, 0o755);
    const args = ['--data-dir', join(scratch, 'data'), ...(file === undefined ? [] : ['--config', file])];
    const url = `http://127.0.0.1:${config.http.port}`;
    const { output, complaints } = await runInNamespace(
      [process.execPath, program, url, String(startLimitMs), ...args],
      coldEnvironment(),
      startLimitMs + slackMs,
    );
    const line = output.trim().split('\n').at(-1) ?? '';
    if (!line.startsWith('{'))
      return problem(`a cold start could not be tried: ${complaints.trim()}`, 'see the message');
    return judgeColdStart(JSON.parse(line) as ColdStart, config.database.url === undefined);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What a unit sets for Holdfast, and nothing of this shell; the trial wakes nobody and leaves the backups alone. */
function coldEnvironment(): NodeJS.ProcessEnv {
  const local = ['HTTP', 'TLS', 'METRICS', 'PROCESS_INTERNAL'].map((name) => [`HOLDFAST_${name}_BIND`, '127.0.0.1']);
  return {
    ...listOwnVariables(),
    ...Object.fromEntries(local),
    ...{ HOLDFAST_MONITOR_ENABLED: 'false', HOLDFAST_BACKUP_ENABLED: 'false' },
  };
}

async function listHooks(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      const mayRun = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (mayRun && found.length < mostHooks) found.push(path);
    }
  }
  return found;
}

async function runHook(path: string): Promise<HookRun> {
  // An empty PATH, not a missing one: shells put their own in the place of one that is missing.
  const { exitCode, output, complaints } = await runInNamespace(
    ['/bin/sh', '-c', readOnly, 'sh', 'PATH=', path],
    {},
    hookLimitMs,
  );
  return { path, exitCode, said: `${output}${complaints}` };
}
