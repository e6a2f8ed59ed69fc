import { lookup } from 'node:dns/promises';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { Context } from '../../platform/context.ts';
import { fetchJson } from '../../platform/fetch-json.ts';
import { defineEndpoint } from '../endpoint.ts';
import { checkReachability, type Reachability } from './check-reachability.ts';

const timeoutMs = 8_000;
/** Only on this machine: nothing beyond it has to find the name. */
const localName = /^(?:[\w-]+\.)*localhost(?::\d+)?$/;

/** One look at a time and server, however many pages ask. */
const looking = new WeakMap<Context, Promise<Reachability>>();

/** Whether the world finds this server by its name, as far as it can see that itself. */
export const getReachability = defineEndpoint({
  operation: 'getReachability',
  method: 'GET',
  path: '/_holdfast/v1/admin/reachability',
  authentication: 'admin',
  async handle(context) {
    if (localName.test(context.serverName)) return { base_url: null, checks: [] };
    let look = looking.get(context);
    if (!look) {
      look = lookAround(context).finally(() => looking.delete(context));
      looking.set(context, look);
    }
    const { baseUrl, checks } = await look;
    return { base_url: baseUrl, checks };
  },
});

async function lookAround({ clock, config, serverName }: Context): Promise<Reachability> {
  const deadline = startDeadline(timeoutMs, 'looking at this server from outside', { clock });
  try {
    return await checkReachability({
      ...{ serverName, deadline, fetchJson },
      publicUrl: config.http.publicUrl?.replace(/\/+$/, ''),
      // The system's resolver knows no deadline of its own.
      resolveName: async (name) => (await deadline.race(lookup(name, { all: true }))).map(({ address }) => address),
    });
  } finally {
    deadline.finish();
  }
}
