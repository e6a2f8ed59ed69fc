import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '@holdfast/homeserver/platform/context.ts';
import { heardFrom } from '@holdfast/homeserver/remote-servers/back-off/back-offs.ts';
import type { Connections } from '@holdfast/homeserver/remote-servers/connections/connections.ts';
import { connectionsOf } from '@holdfast/homeserver/remote-servers/connections/connections-of.ts';
import type { HttpRequest } from '@holdfast/homeserver/remote-servers/connections/send-request.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import type { Random } from '../random.ts';

type Send = Connections['send'];

export interface NetworkFaults {
  /** Of requests that never arrive. */
  readonly lossProbability: number;
  /** Of answers that never arrive: what was asked has happened all the same. */
  readonly lostAnswerProbability: number;
  /** Of transactions that arrive twice. */
  readonly doubleProbability: number;
  readonly longestDelayMs: number;
}

const noFaults: NetworkFaults = {
  ...{ lossProbability: 0, lostAnswerProbability: 0, doubleProbability: 0 },
  longestDelayMs: 0,
};

/**
 * What lies between homeservers of this process: it delays, loses and doubles the requests that they send each other,
 * and falls into parts. Its choices come from the seed; which request meets which choice depends on when it is sent.
 */
export class SimulatedNetwork {
  readonly #contexts = new Map<string, Context>();
  #random: Random | undefined;
  #faults = noFaults;
  /** Servers that reach each other only. */
  #cutOff: ReadonlySet<string> = new Set();
  /** What is said never to have arrived, for tests of the simulation itself. */
  swallows: (from: string, to: string, request: HttpRequest) => boolean = () => false;

  /** Puts the network before a homeserver that has just started; again after each start. */
  connect(context: Context): void {
    this.#contexts.set(context.serverName, context);
    const connections = connectionsOf.of(context);
    const send = connections.send.bind(connections);
    connections.send = (request, isProbe, deadline) =>
      this.#carry(context.serverName, request, () => send(request, isProbe, deadline));
  }

  begin(random: Random, faults: NetworkFaults): void {
    this.#random = random;
    this.#faults = faults;
  }

  /** Cuts the network in two. */
  split(cutOff: Iterable<string>): void {
    this.#cutOff = new Set(cutOff);
  }

  /** Nothing is in the way any more; all servers notice it at once, or by themselves. */
  heal(isNoticed: boolean): void {
    this.#faults = noFaults;
    this.split([]);
    if (isNoticed) this.letServersNotice();
  }

  /** Ends the back-off of each server towards those that it can reach, as a request of theirs would. */
  letServersNotice(): void {
    for (const [name, context] of this.#contexts) {
      for (const other of this.#contexts.keys()) if (this.#isReachable(name, other)) heardFrom(context, other);
    }
  }

  #isReachable(from: string, to: string): boolean {
    return this.#cutOff.has(from) === this.#cutOff.has(to);
  }

  async #carry(from: string, request: HttpRequest, send: () => ReturnType<Send>): Promise<IncomingMessage> {
    const to = request.poolKey;
    checkIsCanonical(request);
    const random = this.#random;
    if (random && this.#faults.longestDelayMs > 0) await wait(random.integer(this.#faults.longestDelayMs));
    if (
      !this.#isReachable(from, to) ||
      random?.chance(this.#faults.lossProbability) ||
      this.swallows(from, to, request)
    ) {
      throw networkError('the request was lost');
    }
    if (request.isRepeatable && random?.chance(this.#faults.doubleProbability)) {
      const answer = await send();
      answer.resume();
    }
    const answer = await send();
    if (!random?.chance(this.#faults.lostAnswerProbability) && this.#isReachable(from, to)) return answer;
    answer.resume();
    throw networkError('the answer was lost');
  }
}

/** What is signed is the canonical form of a body: another text of the same body is refused for ever. */
function checkIsCanonical({ path, body }: HttpRequest): void {
  if (typeof body !== 'string') return;
  const canonical = encodeCanonicalJson(JSON.parse(body) as JsonObject, { strict: false });
  if (body !== canonical) throw new Error(`The body of ${path} is not canonical JSON: ${body}`);
}

function networkError(message: string): Error {
  return Object.assign(new Error(message), { code: 'ECONNRESET' });
}
