import type { Context } from '../platform/context.ts';
import {
  type MissedEvent,
  type MissedEventsRange,
  readLatestEvents,
  readMissedEvents,
} from '../storage/federation/read-missed-events.ts';
import { type Edu, readMissedEdus } from './missed-edus.ts';
import { maxEdus, maxPdus } from './transaction.ts';

/** A longer part of the log is not looked through for the events that were for a server. */
const longestReplay = 50_000;

/** What one transaction of a recovery holds. */
export interface RecoveryStep {
  readonly pdus: readonly MissedEvent[];
  readonly edus: readonly Edu[];
}

interface ShardPlan {
  readonly shard: number;
  readonly pdus: readonly MissedEvent[];
  readonly edus: readonly Edu[];
  sentPdus: number;
  sentEdus: number;
}

/**
 * What a server is sent that was away for longer than its events are kept in memory: all of them in their order where
 * they are few, otherwise the latest of each room; read from the tables, shard by shard, a transaction at a time.
 */
export class Recovery {
  /** By shard: all that is for the server up to there has reached it. */
  readonly reached: number[];
  readonly #context: Context;
  readonly #server: string;
  /** What comes later in the logs is not this recovery's. */
  readonly #upTo: readonly number[];
  #plan: ShardPlan | undefined;

  constructor(context: Context, server: string, reached: readonly number[], upTo: readonly number[]) {
    this.#context = context;
    this.#server = server;
    this.#upTo = upTo;
    this.reached = upTo.map((_, shard) => reached[shard] ?? 0);
  }

  /** The next transaction's part, the same until `advance`; undefined when nothing is left. */
  async next(): Promise<RecoveryStep | undefined> {
    for (let shard = 0; shard < this.#upTo.length; shard++) {
      if ((this.reached[shard] ?? 0) >= (this.#upTo[shard] ?? 0)) continue;
      this.#plan ??= await this.#makePlan(shard);
      const step = nextStep(this.#plan);
      if (step) return step;
      this.#finishShard(shard);
    }
    return undefined;
  }

  /** The server has the first ones of what `next` gave. */
  advance(pduCount: number, eduCount: number): void {
    const plan = this.#plan;
    if (!plan) return;
    plan.sentPdus += pduCount;
    plan.sentEdus += eduCount;
    const last = plan.pdus[plan.sentPdus - 1];
    if (!nextStep(plan)) this.#finishShard(plan.shard);
    // Rooms whose latest event lies further up are told of it later, and with it of all that was before.
    else if (last && plan.sentEdus === plan.edus.length) this.reached[plan.shard] = last.position;
  }

  #finishShard(shard: number): void {
    this.reached[shard] = this.#upTo[shard] ?? 0;
    this.#plan = undefined;
  }

  async #makePlan(shard: number): Promise<ShardPlan> {
    const range = {
      ...{ server: this.#server, shard },
      ...{ after: this.reached[shard] ?? 0, upTo: this.#upTo[shard] ?? 0 },
    };
    const [pdus, edus] = await Promise.all([this.#readEvents(range), readMissedEdus(this.#context, range)]);
    return { shard, pdus, edus, sentPdus: 0, sentEdus: 0 };
  }

  async #readEvents(range: MissedEventsRange): Promise<MissedEvent[]> {
    const most = this.#context.config.federation.replayedEvents;
    if (range.upTo - range.after <= longestReplay) {
      const missed = await readMissedEvents(this.#context, range, most + 1);
      if (missed.length <= most) return missed;
    }
    return await readLatestEvents(this.#context, range);
  }
}

function nextStep({ pdus, edus, sentPdus, sentEdus }: ShardPlan): RecoveryStep | undefined {
  if (sentPdus >= pdus.length && sentEdus >= edus.length) return undefined;
  return { pdus: pdus.slice(sentPdus, sentPdus + maxPdus), edus: edus.slice(sentEdus, sentEdus + maxEdus) };
}
