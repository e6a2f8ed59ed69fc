import type { DeviceRow } from '../../../storage/accounts/read-devices.ts';

/** A device as its own user is told of it. */
export function formatDevice(device: DeviceRow) {
  return {
    device_id: device.deviceId,
    ...(device.displayName !== null && { display_name: device.displayName }),
    ...(device.lastSeenAddress !== null && { last_seen_ip: device.lastSeenAddress }),
    ...(device.lastSeenMs !== null && { last_seen_ts: device.lastSeenMs }),
  };
}
