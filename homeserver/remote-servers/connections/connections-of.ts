import { type PerContext, perContext } from '../../platform/per-context.ts';
import type { PlatformContext } from '../../platform/platform-context.ts';
import { createSystemResolver, type NameResolver } from '../discovery/name-resolver.ts';
import { Connections, type OutsideConfig } from './connections.ts';

/** What the way to another server needs; a program without a database has it, too. */
export interface OutsideContext extends Pick<PlatformContext, 'clock' | 'random' | 'metrics'> {
  readonly config: OutsideConfig;
}

/** Whom a process asks for names: the machine's DNS, unless a test says otherwise before the first connection. */
export const nameResolvers: PerContext<OutsideContext, NameResolver> = perContext(() => createSystemResolver());

/** The connections of a process to other servers. */
export const connectionsOf: PerContext<OutsideContext, Connections> = perContext((context) => {
  const { config, clock, metrics } = context;
  const connections = new Connections(config, clock, nameResolvers.of(context));
  metrics.observedGauge({
    name: 'holdfast_remote_connections',
    help: 'Connections to other servers, idle ones included; federation.max_connections at most.',
    read: () => connections.agent.openCount,
  });
  metrics.observedGauge({
    name: 'holdfast_remote_requests_active',
    help: 'Requests to other servers under way; federation.max_connections at most.',
    read: () => connections.slots.active,
  });
  metrics.observedGauge({
    name: 'holdfast_remote_requests_waiting',
    help: 'Requests to other servers that wait for their turn; 500 per server and 20,000 in all at most.',
    read: () => connections.slots.waiting,
  });
  return connections;
});
