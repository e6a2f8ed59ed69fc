import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import type { IrcEvent } from '../irc/irc-event.ts';
import type { IrcLimits, IrcNetwork, IrcNetworkOptions } from '../irc/irc-network.ts';
import { openIrcNetwork } from '../irc/network/open-irc-network.ts';

export interface TestNetwork {
  readonly network: IrcNetwork;
  readonly events: IrcEvent[];
  /** The next event of a kind that satisfies `matches`, after the one that was given last. */
  wait<Kind extends IrcEvent['kind']>(
    kind: Kind,
    matches?: (event: Extract<IrcEvent, { kind: Kind }>) => boolean,
  ): Promise<Extract<IrcEvent, { kind: Kind }>>;
}

const waitMs = 15_000;

/** Without pauses, as a test wants it. */
export const quickLimits: Partial<IrcLimits> = {
  flood: { burstLines: 1_000, lineMs: 1 },
  connectPaceMs: 0,
  backoffMs: { first: 50, most: 200, unreachable: 200 },
  splitWindowMs: 100,
};

/** Opens a network at a port of the loopback interface and collects its events. */
export function openTestNetwork(port: number, options: Partial<IrcNetworkOptions> = {}): TestNetwork {
  const events: IrcEvent[] = [];
  const wakers = new Set<() => void>();
  let taken = 0;
  const network = openIrcNetwork(
    {
      id: 'test',
      servers: [{ host: '127.0.0.1', port, tls: false }],
      bot: { nick: 'bridge', username: 'bridge', realname: 'Bridge' },
      ...{
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        metrics: createMetrics({ processMetrics: false }),
      },
      ...options,
      limits: { ...quickLimits, ...options.limits },
    },
    (event) => {
      events.push(event);
      for (const wake of wakers) wake();
    },
  );
  const wait: TestNetwork['wait'] = async (kind, matches = () => true) => {
    const endMs = Date.now() + waitMs;
    for (;;) {
      const index = events.findIndex((event, at) => at >= taken && event.kind === kind && matches(event as never));
      if (index >= 0) {
        taken = index + 1;
        return events[index] as never;
      }
      const leftMs = endMs - Date.now();
      if (leftMs <= 0) throw new Error(`no ${kind}; the last: ${JSON.stringify(events.slice(-5))}`);
      await new Promise<void>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          wakers.delete(finish);
          resolve();
        };
        const timer = setTimeout(finish, leftMs);
        wakers.add(finish);
      });
    }
  };
  return { network, events, wait };
}
