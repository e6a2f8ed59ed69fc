import type { Clock } from '@holdfast/effects/clock.ts';
import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { Notifier } from './notifier.ts';
import type { PageMessage } from './page-message.ts';

/** A notifier with the address under which it reaches somebody. */
export interface Way {
  readonly name: string;
  readonly notifier: Notifier;
  readonly address: string;
}

export interface Delivery {
  readonly way: string;
  /** Undefined: the provider has it. */
  readonly problem?: string;
}

/** One end for connecting, sending and the answer. */
export const deliveryTimeoutMs = 15_000;

/**
 * Sends a message over several ways at once; one that hangs, lies or fails holds up none of the others. What is no page
 * does not go over ways that ring.
 */
export async function deliver(message: PageMessage, ways: readonly Way[], clock: Clock): Promise<Delivery[]> {
  const used = ways.filter(({ notifier }) => !notifier.isLoud || message.kind === 'page' || message.kind === 'test');
  return Promise.all(
    used.map((way) => hand(way, clock, (deadline) => way.notifier.send(message, way.address, deadline))),
  );
}

/** Tells those who call people by themselves that somebody has taken the incident. */
export async function deliverAcknowledgement(
  message: PageMessage,
  ways: readonly Way[],
  clock: Clock,
): Promise<Delivery[]> {
  return Promise.all(
    ways
      .filter(({ notifier }) => notifier.acknowledge)
      .map((way) => hand(way, clock, async (deadline) => way.notifier.acknowledge?.(message, way.address, deadline))),
  );
}

async function hand({ name }: Way, clock: Clock, work: (deadline: Deadline) => Promise<void>): Promise<Delivery> {
  const deadline = startDeadline(deliveryTimeoutMs, `telling ${name}`, { clock });
  try {
    await deadline.race(work(deadline));
    return { way: name };
  } catch (error) {
    const { message: text, cause } = error as Error;
    const reason = cause instanceof Error ? `${text}: ${cause.message}` : text;
    return { way: name, problem: reason.slice(0, 500) };
  } finally {
    deadline.finish();
  }
}
