import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { escapeMarkup } from '../platform/escape-markup.ts';
import type { Notifier } from './notifier.ts';
import { formatText } from './page-message.ts';
import { postJson, requireField } from './post-json.ts';

/** By it the monitor knows its pages again when somebody answers one. */
export const incidentField = 'org.holdfast.incident';

/**
 * Addresses are room ids, on another server than the one that is watched.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 */
export function createMatrixNotifier(
  settings: { readonly url: string; readonly access_token: string },
  send: SendRequest,
): Notifier {
  const base = settings.url.replace(/\/$/, '');
  const headers = { Authorization: `Bearer ${settings.access_token}` };
  return {
    isLoud: false,
    async send(message, roomId, deadline) {
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message`;
      const body = formatText(message);
      const content = {
        ...{ msgtype: 'm.text', body, format: 'org.matrix.custom.html' },
        formatted_body: `<pre>${escapeMarkup(body)}</pre>`,
        ...(message.kind === 'page' && { 'm.mentions': { room: true }, [incidentField]: message.incident }),
      };
      const url = `${base}${path}/${encodeURIComponent(message.id)}`;
      requireField(
        await postJson(send, url, content, deadline, { method: 'PUT', headers, expected: [200] }),
        'event_id',
      );
    },
  };
}
