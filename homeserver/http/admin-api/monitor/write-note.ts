import { askMonitor } from '../../../administration/monitor/ask-monitor.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * Writes a sentence onto the timeline of an incident, and so onto the public status page. Done within five seconds.
 * Error: M_NOT_FOUND where no monitor watches.
 */
export const writeNote = defineEndpoint({
  operation: 'writeNote',
  method: 'POST',
  path: '/_holdfast/v1/admin/monitor/notes',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: { incident: plainText(200), text: { type: 'string', minLength: 1, maxLength: 1_000 } },
    required: ['incident', 'text'],
  },
  async handle(context, { body: { incident, text }, requester }) {
    await askMonitor(context, { kind: 'note', by: requester.userId, incident, text });
    return {};
  },
});
