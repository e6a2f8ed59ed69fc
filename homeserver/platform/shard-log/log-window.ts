import { entrySizeBytes, type LogEntry } from './log-entry.ts';

/** The newest entries of one shard's log, in memory, without a gap and bounded in bytes. */
export class LogWindow {
  readonly #limitBytes: number;
  /** Before `#start` there are holes: what was there is forgotten. */
  #entries: (LogEntry | undefined)[] = [];
  #start = 0;
  #sizeBytes = 0;
  #position: number;

  constructor(position: number, limitBytes: number) {
    this.#position = position;
    this.#limitBytes = limitBytes;
  }

  /** The newest position that this process has seen. */
  get position(): number {
    return this.#position;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Entries above this position are all in memory. */
  get oldestPosition(): number {
    return this.#position - (this.#entries.length - this.#start);
  }

  /** Takes the entries that follow; earlier ones are passed over. Throws on a gap, which is a bug. */
  add(entries: readonly LogEntry[]): readonly LogEntry[] {
    const fresh = entries.filter((entry) => entry.position > this.#position);
    for (const entry of fresh) {
      if (entry.position !== this.#position + 1) {
        throw new Error(`shard ${entry.shard}: position ${entry.position} follows ${this.#position}`);
      }
      this.#entries.push(entry);
      this.#sizeBytes += entrySizeBytes(entry);
      this.#position = entry.position;
    }
    this.#trim();
    return fresh;
  }

  /** Forgets everything and continues at `position`, when the log in between is too long to read. */
  jumpTo(position: number): void {
    this.#entries = [];
    this.#start = 0;
    this.#sizeBytes = 0;
    this.#position = position;
  }

  /** What follows `position`, or undefined when that is no longer in memory. */
  after(position: number): readonly LogEntry[] | undefined {
    if (position >= this.#position) return [];
    if (position < this.oldestPosition) return undefined;
    return this.#entries.slice(this.#entries.length - (this.#position - position)) as LogEntry[];
  }

  #trim(): void {
    while (this.#sizeBytes > this.#limitBytes && this.#start < this.#entries.length) {
      this.#sizeBytes -= entrySizeBytes(this.#entries[this.#start] as LogEntry);
      this.#entries[this.#start] = undefined;
      this.#start++;
    }
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}
