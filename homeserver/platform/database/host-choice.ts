/** A host that has been silent is looked at again by one connection after this time, and by no other meanwhile. */
const secondLookMs = 3_000;
const longestList = 100;

/**
 * Which of several hosts of a database the next connection goes to: the one that served last, and otherwise one after
 * another. What one connection learns all of the process know, or each of them would wait for a frozen machine.
 */
export class HostChoice {
  readonly #silentAtMs: (number | undefined)[];
  #current = 0;

  constructor(count: number) {
    this.#silentAtMs = Array.from({ length: count }, () => undefined);
  }

  /** The index of the host to connect to at `nowMs`, on a monotonic clock. */
  choose(nowMs: number): number {
    const { length } = this.#silentAtMs;
    for (let step = 0; step < length; step++) {
      const index = (this.#current + step) % length;
      const silentAtMs = this.#silentAtMs[index];
      if (silentAtMs === undefined) return index;
      if (nowMs - silentAtMs < secondLookMs) continue;
      this.#silentAtMs[index] = nowMs;
      return index;
    }
    return this.#current;
  }

  /** It is a standby, or closed the connection at once: it is starting or shutting down, or does not run. */
  noteRejected(index: number): void {
    if (index === this.#current) this.#current = (index + 1) % this.#silentAtMs.length;
  }

  /** It rejects nobody and says nothing, as a machine does that is frozen or gone. */
  noteSilent(index: number, nowMs: number): void {
    this.#silentAtMs[index] = nowMs;
    this.noteRejected(index);
  }

  noteWord(index: number): void {
    this.#silentAtMs[index] = undefined;
  }
}

const choices = new Map<string, HostChoice>();

/** The choice that all pools of this process share for a list of hosts. */
export function choiceOf(hosts: readonly string[]): HostChoice {
  const key = hosts.join(',');
  let choice = choices.get(key);
  if (choice) return choice;
  // Only tests have so many databases.
  if (choices.size >= longestList) choices.clear();
  choice = new HostChoice(hosts.length);
  choices.set(key, choice);
  return choice;
}
