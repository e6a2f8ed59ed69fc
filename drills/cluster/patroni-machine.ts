import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { sendRequest } from '../load/send-request.ts';
import type { PatroniPrograms } from './find-patroni.ts';
import { type SpawnedProgram, spawnProgram } from './spawn-program.ts';

const stopTimeoutMs = 30_000;
const askTimeoutMs = 2_000;

export interface PatroniMachineOptions {
  readonly name: string;
  /** Of Patroni's interface. */
  readonly url: string;
  /** Of its files and data. */
  readonly home: string;
  readonly logFolder: string;
  readonly programs: PatroniPrograms;
  /** The beginning of a command that runs a program on it. */
  readonly enter: readonly string[];
}

/** One machine with its etcd, its Patroni and its PostgreSQL, which stop, freeze and die together. */
export class PatroniMachine {
  readonly name: string;
  readonly url: string;
  readonly #options: PatroniMachineOptions;
  #etcd: SpawnedProgram | undefined;
  #patroni: SpawnedProgram | undefined;

  constructor(options: PatroniMachineOptions) {
    this.#options = options;
    this.name = options.name;
    this.url = options.url;
  }

  startEtcd(): void {
    const { home, programs } = this.#options;
    this.#etcd = this.#run('etcd', [programs.etcd, '--config-file', join(home, 'etcd.yml')]);
  }

  startPatroni(): void {
    const { home, programs } = this.#options;
    this.#patroni = this.#run('patroni', [programs.patroni, join(home, 'patroni.yml')]);
  }

  /** As the database's user. Each program of the command becomes the next one, so that signals reach the last of them. */
  #run(name: string, command: readonly string[]): SpawnedProgram {
    const { home, logFolder, programs, enter } = this.#options;
    const { uid, gid } = programs.user;
    const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    const [program, ...args] = [...enter, ...asUser, ...command] as [string, ...string[]];
    const logFile = join(logFolder, `${this.name}-${name}.log`);
    return spawnProgram(args, { program, logFile, environment: { LC_ALL: 'C.UTF-8', HOME: home } });
  }

  /** Whether it says that it is this; false when it does not answer. */
  async is(role: 'primary' | 'replica' | 'quorum' | 'sync'): Promise<boolean> {
    const reply = await sendRequest(`${this.url}/${role}`, 'GET', { timeoutMs: askTimeoutMs }).catch(() => undefined);
    return reply?.status === 200;
  }

  /** Everything on the machine stands still; its connections stay open. */
  async freeze(): Promise<void> {
    await this.#signal('SIGSTOP');
  }

  async thaw(): Promise<void> {
    await this.#signal('SIGCONT');
  }

  /** PostgreSQL and Patroni are gone at once, as after a power cut; etcd goes on. */
  async killDatabase(): Promise<void> {
    this.#patroni?.signal('SIGKILL');
    for (const pid of await this.#findPostgres()) sendSignal(pid, 'SIGKILL');
    await this.#patroni?.ended;
  }

  async postmasterPid(): Promise<number> {
    return Number((await readFile(join(this.#options.home, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  }

  async stop(): Promise<void> {
    await this.thaw();
    this.#patroni?.signal('SIGTERM');
    const late = wait(stopTimeoutMs, undefined, { ref: false });
    await Promise.race([this.#patroni?.ended, late]);
    for (const pid of await this.#findPostgres()) sendSignal(pid, 'SIGKILL');
    this.#patroni?.signal('SIGKILL');
    this.#etcd?.signal('SIGKILL');
    await this.#etcd?.ended;
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    this.#patroni?.signal(signal);
    this.#etcd?.signal(signal);
    for (const pid of await this.#findPostgres()) sendSignal(pid, signal);
  }

  /** Every process of its PostgreSQL works in its data folder. */
  async #findPostgres(): Promise<number[]> {
    const folder = join(this.#options.home, 'data');
    const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 1);
    const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
    return pids.filter((_, index) => places[index] === folder);
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It may have ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
