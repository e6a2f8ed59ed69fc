import { askMonitor } from '../../../administration/monitor/ask-monitor.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/** Takes an incident: nobody else is called for it. Done within five seconds. Error: M_NOT_FOUND where no monitor watches. */
export const takeIncident = defineEndpoint({
  operation: 'takeIncident',
  method: 'POST',
  path: '/_holdfast/v1/admin/monitor/take',
  authentication: 'admin',
  body: { type: 'object', properties: { incident: plainText(200) }, required: ['incident'] },
  async handle(context, { body, requester }) {
    await askMonitor(context, { kind: 'acknowledge', by: requester.userId, incident: body.incident });
    return {};
  },
});
