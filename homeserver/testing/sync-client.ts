import type { AnyJson, TestUser } from './test-user.ts';

/** A client that goes on from token to token, as real ones do. */
export interface SyncClient {
  readonly user: TestUser;
  /** The newest token. */
  since: string | undefined;
  /** Calls /sync from the newest token on and takes its `next_batch`. `timeout` is 0 unless given. */
  next(parameters?: SyncParameters): Promise<AnyJson>;
  /** Calls /sync from any token, or from none, and keeps its own. */
  from(since: string | undefined, parameters?: SyncParameters): Promise<AnyJson>;
  /** Goes on until a reply, or all of them together, satisfies; gives the last one. */
  until(satisfies: (reply: AnyJson) => boolean, parameters?: SyncParameters): Promise<AnyJson>;
}

export interface SyncParameters {
  /** JSON, or the id of a stored one. */
  readonly filter?: object | string;
  readonly timeout?: number;
  readonly fullState?: boolean;
  readonly stateAfter?: boolean;
  readonly presence?: 'online' | 'offline' | 'unavailable';
}

const longestWaitMs = 3_000;

export function syncClient(user: TestUser): SyncClient {
  const client: SyncClient = {
    user,
    since: undefined,
    async next(parameters = {}) {
      const reply = await client.from(client.since, parameters);
      client.since = reply.next_batch;
      return reply;
    },
    from: (since, parameters = {}) => user.call('GET', syncPath(since, parameters)),
    async until(satisfies, parameters = {}) {
      for (let turn = 0; turn < 20; turn++) {
        const reply = await client.next({ timeout: longestWaitMs, ...parameters });
        if (satisfies(reply)) return reply;
      }
      throw new Error('what was waited for did not come in 20 replies of /sync');
    },
  };
  return client;
}

function syncPath(since: string | undefined, parameters: SyncParameters): string {
  const query = new URLSearchParams({ timeout: String(parameters.timeout ?? 0) });
  const { filter, fullState, stateAfter, presence = 'offline' } = parameters;
  if (since !== undefined) query.set('since', since);
  if (filter !== undefined) query.set('filter', typeof filter === 'string' ? filter : JSON.stringify(filter));
  if (fullState) query.set('full_state', 'true');
  if (stateAfter) query.set('use_state_after', 'true');
  query.set('set_presence', presence);
  return `/_matrix/client/v3/sync?${query.toString()}`;
}
