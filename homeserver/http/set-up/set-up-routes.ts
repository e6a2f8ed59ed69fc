import { getServerFacts } from '../console/get-server-facts.ts';
import type { Endpoint } from '../endpoint.ts';
import { makeFirstAdministrator } from './make-first-administrator.ts';
import type { SetUpAccess } from './set-up-access.ts';

/** What depends on whether this process has printed an address to set the server up. */
export function setUpRoutes(setUp: SetUpAccess | undefined): readonly Endpoint[] {
  return [getServerFacts(setUp), ...(setUp ? [makeFirstAdministrator(setUp)] : [])];
}
