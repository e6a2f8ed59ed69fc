import { defineEndpoint } from '../endpoint.ts';

/** Answers while the process turns its event loop. Whoever restarts processes asks this. */
export const getLive = defineEndpoint({
  operation: 'getLive',
  method: 'GET',
  path: '/health/live',
  authentication: 'none',
  handle: () => ({}),
});
