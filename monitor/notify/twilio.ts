import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { escapeMarkup } from '../platform/escape-markup.ts';
import type { Notifier } from './notifier.ts';
import type { TwilioSettings } from './notifier-settings.ts';
import { formatShort, formatTitle, type PageMessage } from './page-message.ts';
import { expectStatus, requireField } from './post-json.ts';

const defaultUrl = 'https://api.twilio.com';
/** Said again and again: who wakes up does not hear the beginning. */
const timesSaid = 3;

/**
 * Text messages and calls through Twilio's API, which others have too. Addresses are telephone numbers.
 * https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/voice/api/call-resource
 */
export function createTwilioNotifier(settings: TwilioSettings, send: SendRequest): Notifier {
  const { kind, url = defaultUrl, account, token, from, replies = false } = settings;
  const resource = kind === 'sms' ? 'Messages' : 'Calls';
  const address = `${url.replace(/\/$/, '')}/2010-04-01/Accounts/${encodeURIComponent(account)}/${resource}.json`;
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  return {
    isLoud: true,
    async send(message, to, deadline) {
      const words: Record<string, string> =
        kind === 'sms'
          ? { Body: replies ? formatAnswerable(message) : formatShort(message) }
          : { Twiml: formatSpeech(message) };
      const body = new URLSearchParams({ To: to, From: from, ...words }).toString();
      const headers = { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded' };
      const answer = await send({ method: 'POST', url: address, headers, body }, deadline);
      requireField(expectStatus(answer, [200, 201]), 'sid');
    },
  };
}

function formatAnswerable(message: PageMessage): string {
  const hint = message.kind === 'page' ? '\nOr answer OK.' : '';
  return `${formatShort(message)}${hint}`;
}

function formatSpeech(message: PageMessage): string {
  const words = escapeMarkup(formatTitle(message));
  const said = `<Say>${words}</Say><Pause length="1"/>`.repeat(timesSaid);
  return `<Response>${said}</Response>`;
}
