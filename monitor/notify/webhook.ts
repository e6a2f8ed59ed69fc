import { createHmac } from 'node:crypto';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { Notifier } from './notifier.ts';
import { formatTitle, oneLine } from './page-message.ts';
import { expectStatus } from './post-json.ts';

/**
 * Any program: it gets the message as JSON, and with a secret also `X-Holdfast-Signature: sha256=...` of the body.
 * Addresses are URLs.
 */
export function createWebhookNotifier(settings: { readonly secret?: string }, send: SendRequest): Notifier {
  return {
    isLoud: false,
    async send(message, url, deadline) {
      const { serverName, losesData, openedMs, acknowledgeUrl, guideUrl, replyCode, ...rest } = message;
      const body = JSON.stringify({
        ...{ ...rest, headline: oneLine(rest.headline), symptoms: rest.symptoms.map(oneLine) },
        ...{ title: formatTitle(message), server_name: serverName, loses_data: losesData },
        ...{
          opened_at: new Date(openedMs).toISOString(),
          acknowledge_url: acknowledgeUrl,
          guide_url: guideUrl,
          reply_code: replyCode,
        },
      });
      const headers: Record<string, string> = { 'Content-Type': 'application/json', 'Idempotency-Key': message.id };
      if (settings.secret !== undefined) {
        headers['X-Holdfast-Signature'] = `sha256=${createHmac('sha256', settings.secret).update(body).digest('hex')}`;
      }
      expectStatus(await send({ method: 'POST', url, headers, body }, deadline), [200, 201, 202, 204]);
    },
  };
}
