export interface RunTogetherOptions<Input, Output> {
  readonly maxTogether: number;
  /** What came of each, in their order. */
  run(inputs: readonly Input[]): Promise<readonly Output[]>;
}

interface Asked<Input, Output> {
  readonly input: Input;
  readonly settled: PromiseWithResolvers<Output>;
}

/**
 * Does what many ask for at about the same time in one statement: all that comes during one run goes with the next, so that
 * rooms that have nothing to do with each other share a commit. How much waits is bounded by those who ask, who wait for
 * the answer.
 */
export class RunTogether<Input, Output> {
  readonly #options: RunTogetherOptions<Input, Output>;
  #waiting: Asked<Input, Output>[] = [];
  #isRunning = false;

  constructor(options: RunTogetherOptions<Input, Output>) {
    this.#options = options;
  }

  /** Throws what the run threw. One that cannot be done, because of what is in it, does not keep the others from it. */
  ask(input: Input): Promise<Output> {
    const settled = Promise.withResolvers<Output>();
    this.#waiting.push({ input, settled });
    if (!this.#isRunning) void this.#runWhileAsked();
    return settled.promise;
  }

  async #runWhileAsked(): Promise<void> {
    this.#isRunning = true;
    // What comes in the same turn of the event loop goes together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#runOnce(this.#waiting.splice(0, this.#options.maxTogether));
    this.#isRunning = false;
  }

  async #runOnce(asked: readonly Asked<Input, Output>[]): Promise<void> {
    try {
      const outputs = await this.#options.run(asked.map(({ input }) => input));
      for (const [index, { settled }] of asked.entries()) settled.resolve(outputs[index] as Output);
    } catch (error) {
      if (asked.length === 1 || !isAboutData(error)) return asked.forEach(({ settled }) => settled.reject(error));
      for (const one of asked) await this.#runOnce([one]);
    }
  }
}

/** Data exceptions and violated constraints, as PostgreSQL's classes of errors go: another try does not help. */
export function isAboutData(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^2[23]/.test(code);
}
