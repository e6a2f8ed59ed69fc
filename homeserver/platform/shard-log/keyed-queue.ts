/** Runs work of the same key one after another; other keys do not wait. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  get size(): number {
    return this.#tails.size;
  }

  /** Waits for its turn; the caller must call the returned release exactly once. Synchronous when nobody is ahead. */
  acquire(key: string): (() => void) | Promise<() => void> {
    const ahead = this.#tails.get(key);
    let open: () => void = () => {};
    const tail = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#tails.set(key, tail);
    const release = () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
      open();
    };
    return ahead ? ahead.then(() => release) : release;
  }
}
