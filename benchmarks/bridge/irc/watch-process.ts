import { readTreeCpuSeconds, readTreeMemoryBytes } from '../../load/process-memory.ts';

const everyMs = 500;

/** Follows what a process uses. */
export class ProcessWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  /** Proportional set size, at most, of what was looked at. */
  mostBytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#look();
  }

  #look(): void {
    this.mostBytes = Math.max(this.mostBytes, readTreeMemoryBytes(this.#pid));
  }

  /** Seconds since the process began. */
  cpuSeconds(): number {
    return readTreeCpuSeconds(this.#pid);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
