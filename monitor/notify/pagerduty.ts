import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { type Notifier, NotifyError } from './notifier.ts';
import { formatTitle, oneLine, type PageMessage } from './page-message.ts';
import { postJson, requireField } from './post-json.ts';

const defaultUrl = 'https://events.pagerduty.com';

/** Addresses are routing keys. https://developer.pagerduty.com/docs/events-api-v2-overview */
export function createPagerDutyNotifier(settings: { readonly url?: string }, send: SendRequest): Notifier {
  const url = `${(settings.url ?? defaultUrl).replace(/\/$/, '')}/v2/enqueue`;
  const enqueue = async (event: object, deadline: Deadline) => {
    const answer = await postJson(send, url, event, deadline, { expected: [202] });
    const status = requireField(answer, 'status');
    if (status !== 'success') throw new NotifyError(`PagerDuty answered: ${status}`);
  };
  const keyOf = (routingKey: string, { incident }: PageMessage) => ({ routing_key: routingKey, dedup_key: incident });
  return {
    isLoud: false,
    acknowledge: (message, routingKey, deadline) =>
      enqueue({ ...keyOf(routingKey, message), event_action: 'acknowledge' }, deadline),
    async send(message, routingKey, deadline) {
      const isOver = message.kind === 'all-clear';
      const key = keyOf(routingKey, message);
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
      await enqueue(event, deadline);
    },
  };
}
