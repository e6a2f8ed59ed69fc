import { fileURLToPath } from 'node:url';
import { chooseFreePort } from '@holdfast/homeserver/platform/embedded-postgres/launch-postmaster.ts';
import { type SpawnedProgram, spawnProgram } from './spawn-program.ts';

const holdfast = fileURLToPath(new URL('../../homeserver/holdfast.js', import.meta.url));
const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;

export interface HomeserverProcessOptions {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** One process of the homeserver under drill: `holdfast start`, at the same addresses after each restart. */
export class HomeserverProcess {
  readonly name: string;
  readonly baseUrl: string;
  /** Where the other processes reach it: names it in the database. */
  readonly internalAddress: string;
  readonly #options: HomeserverProcessOptions;
  #program: SpawnedProgram | undefined;
  #isFrozen = false;
  /** By the drill, on purpose. */
  wasKilled = false;

  private constructor(options: HomeserverProcessOptions, ports: { http: number; internal: number }) {
    this.name = options.name;
    this.baseUrl = `http://127.0.0.1:${ports.http}`;
    this.internalAddress = `127.0.0.1:${ports.internal}`;
    const environment = {
      ...options.environment,
      HOLDFAST_HTTP_PORT: String(ports.http),
      HOLDFAST_PROCESS_INTERNAL_PORT: String(ports.internal),
    };
    this.#options = { ...options, environment };
  }

  static async start(options: HomeserverProcessOptions): Promise<HomeserverProcess> {
    const [http, internal] = [await chooseFreePort(undefined), await chooseFreePort(undefined)];
    const started = new HomeserverProcess(options, { http, internal });
    await started.start();
    return started;
  }

  /** Starts it (again) and waits until it answers. */
  async start(): Promise<void> {
    this.#program = spawnProgram([holdfast, 'start'], this.#options);
    await this.#program.waitForLine(/answers at|Holdfast serves/, startTimeoutMs);
  }

  get isRunning(): boolean {
    return this.#program?.isRunning() ?? false;
  }

  get pid(): number {
    return this.#program?.pid ?? 0;
  }

  /** Lines of its log, since its last start. */
  findLines(pattern: RegExp): string[] {
    return this.#program?.findLines(pattern) ?? [];
  }

  waitForLine(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    if (!this.#program) throw new Error(`${this.name} has not been started`);
    return this.#program.waitForLine(pattern, timeoutMs);
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#program?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#program?.signal('SIGCONT');
  }

  async kill(): Promise<void> {
    this.wasKilled = true;
    this.#program?.signal('SIGKILL');
    await this.#program?.ended;
  }

  /** Ends it as an operator does; true if it ended by itself in time. */
  async stop(): Promise<boolean> {
    if (!this.#program || !this.isRunning) return false;
    if (this.#isFrozen) this.thaw();
    this.#program.signal('SIGTERM');
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), stopTimeoutMs).unref());
    const inTime = await Promise.race([this.#program.ended.then(() => true), late]);
    if (!inTime) await this.kill();
    return inTime;
  }
}
