import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { Notifier } from './notifier.ts';
import { formatText, formatTitle } from './page-message.ts';
import { postJson } from './post-json.ts';

/** Alertmanager forgets an alert that is not repeated: what is open is, three times as often as this. */
const lastsMs = 15 * 60_000;

/** Addresses are Alertmanager's own. https://prometheus.io/docs/alerting/latest/clients/ */
export function createAlertmanagerNotifier(send: SendRequest, nowMs: () => number): Notifier {
  return {
    isLoud: false,
    forgets: true,
    async send(message, url, deadline) {
      const endMs = message.kind === 'all-clear' ? nowMs() : nowMs() + lastsMs;
      const alert = {
        labels: {
          ...{ alertname: 'HoldfastIncident', incident: message.incident, server_name: message.serverName },
          ...{ severity: message.severity, loses_data: String(message.losesData) },
        },
        annotations: {
          summary: formatTitle(message),
          description: formatText({ ...message, acknowledgeUrl: undefined }),
        },
        ...{ startsAt: new Date(message.openedMs).toISOString(), endsAt: new Date(endMs).toISOString() },
        ...(message.guideUrl !== undefined && { generatorURL: message.guideUrl }),
      };
      await postJson(send, `${url.replace(/\/$/, '')}/api/v2/alerts`, [alert], deadline, { expected: [200] });
    },
  };
}
