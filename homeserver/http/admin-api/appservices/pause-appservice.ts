import { setAppservicePaused } from '../../../appservices/delivery/control-appservice.ts';
import type { Context } from '../../../platform/context.ts';
import { defineEndpoint } from '../../endpoint.ts';

async function setPaused(context: Context, id: string, isPaused: boolean) {
  await setAppservicePaused(context, id, isPaused);
  return {};
}

/** Nothing is sent to the service until it is resumed; what is for it waits. Error: M_NOT_FOUND. */
export const pauseAppservice = defineEndpoint({
  operation: 'pauseAppservice',
  method: 'POST',
  path: '/_holdfast/v1/admin/appservices/{id}/pause',
  authentication: 'admin',
  handle: (context, { params }) => setPaused(context, params.id, true),
});

/** The opposite; a service that failed is tried at once. Error: M_NOT_FOUND. */
export const resumeAppservice = defineEndpoint({
  operation: 'resumeAppservice',
  method: 'POST',
  path: '/_holdfast/v1/admin/appservices/{id}/resume',
  authentication: 'admin',
  handle: (context, { params }) => setPaused(context, params.id, false),
});
