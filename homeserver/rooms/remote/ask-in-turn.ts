import { isErrorCode } from '@holdfast/protocol/errors/error-codes.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';

/** More servers than this are not asked for one request of a client. */
export const maxServersAsked = 10;

/** With these a server says that others may know better. */
const othersMayKnowBetter = new Set([
  'M_NOT_FOUND',
  'M_UNRECOGNIZED',
  'M_UNKNOWN',
  'M_UNABLE_TO_AUTHORISE_JOIN',
  'M_UNABLE_TO_GRANT_JOIN',
  'M_LIMIT_EXCEEDED',
]);

/** With these a server says that it cannot let the user in, where the room's conditions may well be met. */
const cannotLetIn = new Set(['M_UNABLE_TO_AUTHORISE_JOIN', 'M_UNABLE_TO_GRANT_JOIN']);

export interface AskingLimits {
  /** Of the whole. */
  readonly timeoutMs: number;
  /** Of it for each server. */
  readonly timeoutEachMs: number;
  /**
   * So many servers, the first ones, were named by the client. When one of them cannot let the user in, only these are
   * asked. 0: none was.
   */
  readonly named?: number;
}

export interface AskedInTurn<Answer> {
  readonly server: string;
  readonly answer: Answer;
}

/**
 * Asks servers one after another until one gives an answer. A server that refuses for a reason that holds everywhere
 * ends it.
 * Throws a MatrixError in the words of the server whose refusal says most: M_NOT_FOUND without any server, M_FORBIDDEN,
 * M_INCOMPATIBLE_ROOM_VERSION, M_UNABLE_TO_AUTHORISE_JOIN, M_UNABLE_TO_GRANT_JOIN and the like, M_CONNECTION_FAILED or
 * M_CONNECTION_TIMEOUT when none could be reached.
 */
export async function askInTurn<Answer>(
  context: Context,
  servers: readonly string[],
  limits: AskingLimits,
  ask: (server: string, timeoutMs: number) => Promise<Answer>,
): Promise<AskedInTurn<Answer>> {
  const endMs = context.clock.monotonicMs() + limits.timeoutMs;
  const refusals: unknown[] = [];
  const { named = 0 } = limits;
  for (const [index, server] of servers.slice(0, maxServersAsked).entries()) {
    if (named > 0 && index >= named && refusals.some(isUnableToLetIn)) break;
    const leftMs = endMs - context.clock.monotonicMs();
    if (leftMs <= 0) break;
    try {
      return { server, answer: await ask(server, Math.min(leftMs, limits.timeoutEachMs)) };
    } catch (error) {
      if (!(error instanceof RemoteServerError) && !(error instanceof MatrixError)) throw error;
      context.log.info({ server, error: error.message }, 'another server did not give what it was asked for');
      refusals.push(error);
      if (isFinal(error)) break;
    }
  }
  throw tellingRefusal(refusals);
}

function isUnableToLetIn(error: unknown): boolean {
  return error instanceof RemoteServerError && cannotLetIn.has(error.errcode ?? '');
}

function isFinal(error: RemoteServerError | MatrixError): boolean {
  if (error instanceof MatrixError) return false;
  const { kind, status = 0, errcode = 'M_UNKNOWN' } = error;
  return kind === 'refused' && status >= 400 && status < 500 && status !== 401 && !othersMayKnowBetter.has(errcode);
}

/** The later in this list, the more an error says. */
const saysMore = [
  'M_CONNECTION_FAILED',
  'M_CONNECTION_TIMEOUT',
  'M_UNKNOWN',
  'M_NOT_FOUND',
  'M_UNABLE_TO_AUTHORISE_JOIN',
];

function tellingRefusal(refusals: readonly unknown[]): MatrixError {
  const told = refusals.map(matrixErrorOf);
  if (told.length === 0) return new MatrixError('M_NOT_FOUND', 'No server is known that is in this room');
  const rank = ({ errcode }: MatrixError) => {
    const index = saysMore.indexOf(errcode);
    return index === -1 ? saysMore.length : index;
  };
  return told.reduce((best, error) => (rank(error) > rank(best) ? error : best));
}

/**
 * What a client is told of another server's failure. What was wrong with a request that this server put together is
 * no fault of the client, hence 502.
 */
export function matrixErrorOf(error: unknown): MatrixError {
  if (error instanceof MatrixError) return error;
  if (!(error instanceof RemoteServerError)) throw error;
  const { kind, errcode, status = 502, serverName, message } = error;
  if (kind === 'timeout') return new MatrixError('M_CONNECTION_TIMEOUT', `${serverName} did not answer in time`);
  if (kind !== 'refused') return new MatrixError('M_CONNECTION_FAILED', `${serverName} could not be asked: ${message}`);
  const isOwnFault = errcode === 'M_MISSING_PARAM' || errcode === 'M_INVALID_PARAM' || errcode === 'M_BAD_JSON';
  if (errcode === undefined || !isErrorCode(errcode) || status < 400 || status >= 500 || isOwnFault || status === 401) {
    return new MatrixError('M_UNKNOWN', `${serverName} refused: ${message}`, { status: 502 });
  }
  return new MatrixError(errcode, message, { status });
}
