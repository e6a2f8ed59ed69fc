import type { Deadline } from '@holdfast/effects/deadline.ts';

export interface SlotLimits {
  /** Requests under way at the same time, to all servers. */
  readonly inAll: number;
  /** Of these, to servers that may not answer: those that hang must leave room for the others. */
  readonly probes: number;
  readonly perServer: number;
  /** That wait for their turn, per server and in all. */
  readonly waitingPerServer: number;
  readonly waitingInAll: number;
}

interface ServerSlots {
  active: number;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly isProbe: boolean;
  start(): void;
}

/** Thrown when as many requests to a server wait as may. */
export class TooManyWaitingError extends Error {
  constructor() {
    super('too many requests to it wait already');
    this.name = 'TooManyWaitingError';
  }
}

/**
 * How many requests go out at once: a bound for each server and one for all. Those beyond wait in line, servers in
 * turn, so that one server's line is nobody else's wait.
 */
export class RequestSlots {
  readonly #limits: SlotLimits;
  readonly #servers = new Map<string, ServerSlots>();
  /** Servers with a line, in the order in which they come next. */
  readonly #lines = new Map<string, ServerSlots>();
  #active = 0;
  #activeProbes = 0;
  #waiting = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get active(): number {
    return this.#active;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Waits for a slot until the deadline; the caller calls what it gets exactly once when it is done. */
  async acquire(server: string, isProbe: boolean, deadline: Deadline): Promise<() => void> {
    let slots = this.#servers.get(server);
    if (!slots) {
      slots = { active: 0, waiting: [] };
      this.#servers.set(server, slots);
    }
    if (slots.waiting.length > 0 || !this.#hasRoom(slots, isProbe))
      await this.#waitInLine(server, slots, isProbe, deadline);
    else this.#take(slots, isProbe);
    return () => this.#release(server, slots, isProbe);
  }

  async #waitInLine(server: string, slots: ServerSlots, isProbe: boolean, deadline: Deadline): Promise<void> {
    const { waitingPerServer, waitingInAll } = this.#limits;
    if (slots.waiting.length >= waitingPerServer || this.#waiting >= waitingInAll) {
      this.#forgetIfIdle(server, slots);
      throw new TooManyWaitingError();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { isProbe, start: resolve };
    slots.waiting.push(waiting);
    this.#lines.set(server, slots);
    this.#waiting++;
    try {
      await deadline.race(promise);
    } catch (error) {
      const index = slots.waiting.indexOf(waiting);
      // Its turn came at the moment at which it gave up.
      if (index === -1) this.#release(server, slots, isProbe);
      else this.#leaveLine(server, slots, index);
      throw error;
    }
  }

  #leaveLine(server: string, slots: ServerSlots, index: number): void {
    slots.waiting.splice(index, 1);
    this.#waiting--;
    if (slots.waiting.length === 0) this.#lines.delete(server);
    this.#forgetIfIdle(server, slots);
  }

  #hasRoom(slots: ServerSlots, isProbe: boolean): boolean {
    const { inAll, probes, perServer } = this.#limits;
    if (slots.active >= perServer || this.#active >= inAll) return false;
    return !isProbe || this.#activeProbes < probes;
  }

  #take(slots: ServerSlots, isProbe: boolean): void {
    slots.active++;
    this.#active++;
    if (isProbe) this.#activeProbes++;
  }

  #release(server: string, slots: ServerSlots, isProbe: boolean): void {
    slots.active--;
    this.#active--;
    if (isProbe) this.#activeProbes--;
    this.#startNext();
    this.#forgetIfIdle(server, slots);
  }

  #startNext(): void {
    if (this.#active >= this.#limits.inAll) return;
    for (const [server, slots] of this.#lines) {
      const [first] = slots.waiting;
      if (!first || !this.#hasRoom(slots, first.isProbe)) continue;
      this.#take(slots, first.isProbe);
      // To the end of the servers' order.
      this.#lines.delete(server);
      this.#lines.set(server, slots);
      this.#leaveLine(server, slots, 0);
      first.start();
      return;
    }
  }

  #forgetIfIdle(server: string, slots: ServerSlots): void {
    if (slots.active === 0 && slots.waiting.length === 0) this.#servers.delete(server);
  }
}
