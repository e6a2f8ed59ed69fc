import type { ServerResponse } from 'node:http';

/** Why waits end. One for all: making an error for each request that ends well would cost more than the rest of it. */
const requestOver = new Error('the request is over');

/** The waits of this server that a client going away, or the server closing, must end. */
export class RunningRequests {
  readonly #controllers = new Set<AbortController>();
  #closing = false;

  /** True from the moment when the server began to close: connections are not kept after their reply. */
  get isClosing(): boolean {
    return this.#closing;
  }

  get size(): number {
    return this.#controllers.size;
  }

  /** Aborts when the response's connection closes before its reply is through, or the server closes. */
  signalFor(response: ServerResponse): AbortSignal {
    const controller = new AbortController();
    if (this.#closing || response.destroyed) {
      controller.abort(requestOver);
      return controller.signal;
    }
    this.#controllers.add(controller);
    response.once('close', () => {
      this.#controllers.delete(controller);
      // A reply that is through leaves nobody waiting; to tell everybody all the same costs more than the rest of it.
      if (!response.writableFinished) controller.abort(requestOver);
    });
    return controller.signal;
  }

  close(): void {
    this.#closing = true;
    for (const controller of this.#controllers) controller.abort(requestOver);
    this.#controllers.clear();
  }
}
