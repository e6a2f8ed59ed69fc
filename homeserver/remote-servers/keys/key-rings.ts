import type { Context } from '../../platform/context.ts';
import { type PerContext, perContext } from '../../platform/per-context.ts';
import { askServer } from '../ask-server.ts';
import { RemoteServerError } from '../remote-server-error.ts';
import { KeyRing } from './key-ring.ts';
import { parseServerKeys, type ServerKeys } from './parse-server-keys.ts';

const fetchTimeoutMs = 10_000;
const keysAnswerBytes = 64 * 1024;

export const keyRings: PerContext<Context, KeyRing> = perContext(
  (context) => new KeyRing(context.clock, (serverName) => fetchServerKeys(context, serverName)),
);

/** Asks a server itself for its keys. */
async function fetchServerKeys(context: Context, serverName: string): Promise<ServerKeys | undefined> {
  try {
    const answer = await askServer(context, {
      ...{ server: serverName, method: 'GET', path: '/_matrix/key/v2/server', isSigned: false },
      ...{ timeoutMs: fetchTimeoutMs, maxBytes: keysAnswerBytes, evenWhenBackingOff: true },
    });
    const parsed = parseServerKeys(answer, serverName, context.clock.wallMs());
    if (parsed.published) return parsed.published;
    context.log.warn({ serverName, problem: parsed.problem }, 'a server published keys that are not sound');
  } catch (error) {
    if (!(error instanceof RemoteServerError)) throw error;
    context.log.debug({ serverName, reason: error.message }, 'the keys of a server could not be fetched');
  }
  return undefined;
}
