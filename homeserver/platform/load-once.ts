/**
 * Something that is read once, when it is first needed. A reading that fails is made again by the next who needs it: a
 * memory that remembers the failure would stay broken after the database is back.
 */
export class LoadOnce {
  readonly #load: () => Promise<void>;
  #loading: Promise<void> | undefined;

  constructor(load: () => Promise<void>) {
    this.#load = load;
  }

  /** Resolves when it has been read. Rejects as the reading did that the caller waited for. */
  done(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }
}
