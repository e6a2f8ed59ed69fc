import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { type Notifier, NotifyError } from './notifier.ts';
import { formatText } from './page-message.ts';
import { postJson } from './post-json.ts';

/** Addresses are incoming webhooks. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export function createSlackNotifier(send: SendRequest): Notifier {
  return {
    isLoud: false,
    async send(message, url, deadline) {
      // Slack reads <, > and & as its own.
      const text = formatText(message).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      const { body } = await postJson(send, url, { text }, deadline, { expected: [200] });
      if (body.trim() !== 'ok') throw new NotifyError(`Slack answered: ${body.slice(0, 200)}`);
    },
  };
}
