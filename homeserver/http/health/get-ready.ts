import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { Context } from '../../platform/context.ts';
import { probeWriteCommand } from '../../platform/shard-log/probe-write-command.ts';
import { defineEndpoint } from '../endpoint.ts';
import { jsonReply } from '../reply.ts';

/** What a load balancer and the person on call want to know of one process. */
interface Readiness {
  readonly ready: boolean;
  /** A write to every shard was committed just now. */
  readonly writes: boolean;
  /** How long ago this process last had everything that was committed, in ms. */
  readonly readerAgeMs: number;
  /** Under which the database knows this process. */
  readonly processId: string;
}

const probeTimeoutMs = 3_000;
/** Readers look at least every second; this is when they have missed some looks. */
const freshReaderMs = 5_000;
/** However many ask, the shards are probed once in this time. */
const keptMs = 1_000;

const lastLooks = new WeakMap<Context, { readonly atMs: number; readonly readiness: Promise<Readiness> }>();

/** 200 when a write goes through and this process's readers are fresh, else 503 with what is not. */
export const getReady = defineEndpoint({
  operation: 'getReady',
  method: 'GET',
  path: '/health/ready',
  authentication: 'none',
  async handle(context) {
    const readiness = await lookOnce(context);
    return jsonReply(readiness, { status: readiness.ready ? 200 : 503 });
  },
});

function lookOnce(context: Context): Promise<Readiness> {
  const nowMs = context.clock.monotonicMs();
  const last = lastLooks.get(context);
  if (last && nowMs - last.atMs < keptMs) return last.readiness;
  const readiness = look(context);
  lastLooks.set(context, { atMs: nowMs, readiness });
  return readiness;
}

async function look(context: Context): Promise<Readiness> {
  const shards = Array.from({ length: context.shardLog.shardCount }, (_, shard) => shard);
  const probes = shards.map((shard) => context.shardLog.submit(probeWriteCommand, shard, {}));
  const writes = await withDeadline(Promise.all(probes), probeTimeoutMs, 'a write to every shard').then(
    () => true,
    () => false,
  );
  const readerAgeMs = Math.round(context.shardLog.tail.ageMs());
  const { processId } = context.shardLog;
  return { ready: writes && readerAgeMs < freshReaderMs, writes, readerAgeMs, processId };
}
