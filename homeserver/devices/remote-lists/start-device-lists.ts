import type { Context } from '../../platform/context.ts';
import { DeviceListMemberships } from './follow-memberships.ts';
import { startDeviceListResync } from './resync-device-lists.ts';

/** Keeps the copies of other servers' device lists right: drops what nothing is heard of, asks for what is missing. */
export function startDeviceLists(context: Context): { close(): Promise<void> } {
  const memberships = new DeviceListMemberships(context);
  const resync = startDeviceListResync(context);
  return {
    async close() {
      await Promise.all([memberships.close(), resync.close()]);
    },
  };
}
