import type { Context } from '../../platform/context.ts';
import { DeviceListMemberships } from './follow-memberships.ts';
import { startDeviceListResync } from './resync-device-lists.ts';

/** Keeps the copies of other servers' device lists right: drops what nothing is heard of, asks for what is missing. */
export function startDeviceLists(context: Context): { close(): Promise<void> } {
  const memberships = new DeviceListMemberships(context);
  const resync = startDeviceListResync(context);
  context.metrics.observedGauge({
    name: 'holdfast_device_lists_paused_servers',
    help: "Servers that did not answer when they were asked for their users' devices (at most 10,000).",
    read: () => resync.pausedServers,
  });
  context.metrics.observedGauge({
    name: 'holdfast_device_lists_stale',
    help: 'Device lists of users of other servers that this process had to ask for when it last looked (at most 500 at once).',
    read: () => resync.staleLists,
  });
  context.metrics.observedGauge({
    name: 'holdfast_device_lists_moves_waiting',
    help: 'Changes of membership that have not been followed yet (at most 100,000).',
    read: () => memberships.waitingMoves,
  });
  return {
    async close() {
      await Promise.all([memberships.close(), resync.close()]);
    },
  };
}
