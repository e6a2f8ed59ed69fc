import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { Notifier } from './notifier.ts';
import { formatText, formatTitle, type PageMessage } from './page-message.ts';
import { postJson, requireField } from './post-json.ts';

const priorities: Readonly<Record<PageMessage['kind'], number>> = { page: 5, warning: 3, 'all-clear': 2, test: 4 };

/** Addresses are topics. https://docs.ntfy.sh/publish/#publish-as-json */
export function createNtfyNotifier(
  settings: { readonly url: string; readonly token?: string },
  send: SendRequest,
): Notifier {
  const headers: Record<string, string> = settings.token ? { Authorization: `Bearer ${settings.token}` } : {};
  return {
    isLoud: false,
    async send(message, topic, deadline) {
      const { acknowledgeUrl } = message;
      const actions = acknowledgeUrl === undefined ? [] : [{ action: 'view', label: 'I take it', url: acknowledgeUrl }];
      const body = {
        ...{ topic, title: formatTitle(message), message: formatText(message) },
        ...{ priority: priorities[message.kind], tags: [message.kind], actions },
      };
      requireField(await postJson(send, settings.url, body, deadline, { headers, expected: [200] }), 'id');
    },
  };
}
