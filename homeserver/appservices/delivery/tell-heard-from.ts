import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';
import { wakeAppserviceCommand } from './queue-commands.ts';
import { homeShardOf } from './queue-owners.ts';

/** A service that asks all the time is told of once in this time. */
const everyMs = 2_000;

/** When each service was last told of; monotonic. There are no more than are registered. */
const toldAtMs = perContext(() => new Map<string, number>());

const lastHeard = perContext(({ metrics }: Context) =>
  metrics.gauge({
    name: 'holdfast_appservice_last_heard_timestamp_seconds',
    help: 'When an application service last asked this process for something, in seconds since 1970; never: not there.',
    labels: ['service'],
  }),
);

/**
 * Has what waits for a service sent at once, on whichever process that is: it has shown that it is there. `now`: it has
 * answered a ping that it asked for, as those do that begin: it is tried even where it was held back.
 */
export function tellHeardFromAppservice(context: Context, id: string, now = false): void {
  const nowMs = context.clock.monotonicMs();
  if (!now && nowMs - (toldAtMs.of(context).get(id) ?? -everyMs) < everyMs) return;
  toldAtMs.of(context).set(id, nowMs);
  lastHeard.of(context).set({ service: id }, context.clock.wallMs() / 1000);
  context.shardLog
    .submit(wakeAppserviceCommand, homeShardOf(context, id), { id, isCertain: now })
    .catch((error: unknown) => context.log.debug({ service: id, err: error }, 'a service is not tried again at once'));
}
