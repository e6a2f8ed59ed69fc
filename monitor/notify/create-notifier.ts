import type { Clock } from '@holdfast/effects/clock.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { createAlertmanagerNotifier } from './alertmanager.ts';
import { createMatrixNotifier } from './matrix.ts';
import type { Notifier } from './notifier.ts';
import type { NotifierSettings } from './notifier-settings.ts';
import { createNtfyNotifier } from './ntfy.ts';
import { createPagerDutyNotifier } from './pagerduty.ts';
import { createSlackNotifier } from './slack.ts';
import { createSmtpNotifier } from './smtp.ts';
import { createTwilioNotifier } from './twilio.ts';
import { createWebhookNotifier } from './webhook.ts';

/** The notifier that the configuration describes. */
export function createNotifier(
  settings: NotifierSettings,
  parts: { readonly send: SendRequest; readonly clock: Clock },
): Notifier {
  const { send, clock } = parts;
  switch (settings.kind) {
    case 'smtp':
      return createSmtpNotifier(settings);
    case 'sms':
    case 'voice':
      return createTwilioNotifier(settings, send);
    case 'ntfy':
      return createNtfyNotifier(settings, send);
    case 'slack':
      return createSlackNotifier(send);
    case 'matrix':
      return createMatrixNotifier(settings, send);
    case 'webhook':
      return createWebhookNotifier(settings, send);
    case 'pagerduty':
      return createPagerDutyNotifier(settings, send);
    default:
      return createAlertmanagerNotifier(send, () => clock.wallMs());
  }
}
