import { defineEndpoint, type Endpoint } from '../endpoint.ts';
import type { SetUpAccess } from '../set-up/set-up-access.ts';
import { describeServer } from './server-facts.ts';

/** What the pages begin with. `setUp` is undefined where an administrator existed when this process started. */
export function getServerFacts(setUp: SetUpAccess | undefined): Endpoint {
  return defineEndpoint({
    operation: 'getServerFacts',
    method: 'GET',
    path: '/_holdfast/v1/server',
    authentication: 'none',
    handle: (context) =>
      describeServer(context.config, context.serverName, setUp && !setUp.isUsedUp() ? 'administrator' : 'ready'),
  });
}
