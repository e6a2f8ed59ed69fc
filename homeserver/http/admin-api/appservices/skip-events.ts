import { skipAppserviceEvents } from '../../../appservices/delivery/control-appservice.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Has events of the transaction on its way passed over, which a service cannot take; without `event_ids` all of it. What
 * was passed over is recorded. Error: M_NOT_FOUND.
 */
export const skipEvents = defineEndpoint({
  operation: 'skipAppserviceEvents',
  method: 'POST',
  path: '/_holdfast/v1/admin/appservices/{id}/skip',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: { event_ids: { type: 'array', maxItems: 1_000, items: { type: 'string', maxLength: 255 } } },
  },
  async handle(context, { params, body }) {
    return { skipped: await skipAppserviceEvents(context, params.id, body.event_ids ?? 'all') };
  },
});
