import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Requester } from './endpoint.ts';

/** The device that asks. Throws M_MISSING_PARAM for an application service that named none. */
export function requireDevice({ deviceId }: Requester): string {
  if (deviceId !== '') return deviceId;
  throw new MatrixError('M_MISSING_PARAM', 'The application service must name a device in device_id');
}
