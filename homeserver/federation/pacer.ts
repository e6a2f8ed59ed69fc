/** Lets work begin a few pieces at a time, so that between them the event loop gets to everybody else. */
export class Pacer {
  readonly #perTurn: number;
  readonly #line: (() => void)[] = [];
  #isScheduled = false;

  /** `perTurn`: how many pieces begin in one turn of the event loop. */
  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Resolves when the caller may begin. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#line.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      for (const begin of this.#line.splice(0, this.#perTurn)) begin();
      if (this.#line.length > 0) this.#schedule();
    });
  }
}
