import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { type Notifier, NotifyError } from './notifier.ts';
import { formatTitle, oneLine } from './page-message.ts';
import { postJson, requireField } from './post-json.ts';

const defaultUrl = 'https://events.pagerduty.com';

/** Addresses are routing keys. https://developer.pagerduty.com/docs/events-api-v2-overview */
export function createPagerDutyNotifier(settings: { readonly url?: string }, send: SendRequest): Notifier {
  const url = `${(settings.url ?? defaultUrl).replace(/\/$/, '')}/v2/enqueue`;
  return {
    isLoud: false,
    async send(message, routingKey, deadline) {
      const isOver = message.kind === 'all-clear';
      const key = { routing_key: routingKey, dedup_key: message.incident };
      const payload = {
        ...{ summary: formatTitle(message), source: message.serverName },
        severity: message.losesData || message.kind === 'page' ? 'critical' : 'warning',
        ...{
          timestamp: new Date(message.openedMs).toISOString(),
          custom_details: { symptoms: message.symptoms.map(oneLine) },
        },
      };
      const links = message.guideUrl === undefined ? [] : [{ href: message.guideUrl, text: 'What to do' }];
      const event = isOver ? { ...key, event_action: 'resolve' } : { ...key, event_action: 'trigger', payload, links };
      const answer = await postJson(send, url, event, deadline, { expected: [202] });
      const status = requireField(answer, 'status');
      if (status !== 'success') throw new NotifyError(`PagerDuty answered: ${status}`);
    },
  };
}
