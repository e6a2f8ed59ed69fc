import type { Context } from '../platform/context.ts';
import { shareBackOffs } from './back-off/share-back-offs.ts';
import { trustAuthorities } from './connections/certificate-authorities.ts';
import { connectionsOf, nameResolvers } from './connections/connections-of.ts';
import type { NameResolver } from './discovery/name-resolver.ts';

import { forgetUnusedKeys } from './keys/forget-unused-keys.ts';
import { ownKeysOf } from './keys/own-keys.ts';
import { verifyWorkersOf } from './received-events/verify-received-events.ts';

export interface OpenedRemoteServers {
  close(): Promise<void>;
}

/**
 * Makes ready for asking other servers; nothing is connected yet. Throws when `federation.ca_file` cannot be read.
 * `resolver` takes the place of the machine's DNS, for tests.
 */
export function openRemoteServers(context: Context, resolver?: NameResolver): OpenedRemoteServers {
  if (resolver) nameResolvers.set(context, resolver);
  if (context.config.federation.caFile !== undefined) trustAuthorities(context.config.federation.caFile);
  const connections = connectionsOf.of(context);
  const following = ownKeysOf.of(context).follow(context);
  const backOffs = shareBackOffs(context);
  const forgetting = forgetUnusedKeys(context);
  return {
    async close() {
      following.close();
      forgetting.close();
      await backOffs.close();
      connections.close();
      await verifyWorkersOf.peek(context)?.close();
    },
  };
}
