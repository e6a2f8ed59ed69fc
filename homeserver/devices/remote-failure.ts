import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { RemoteServerError } from '../remote-servers/remote-server-error.ts';

/** What `failures` tells a client of a server that gave no answer. */
export function remoteFailure({ kind, errcode, message }: RemoteServerError): JsonObject {
  if (kind === 'refused') return { errcode: errcode ?? 'M_UNKNOWN', error: message };
  return { errcode: kind === 'not-allowed' ? 'M_FORBIDDEN' : 'M_UNKNOWN', error: message };
}
