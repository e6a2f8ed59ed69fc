import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { beginAct, endAct } from '../administration/audit/record-act.ts';
import type { Context } from '../platform/context.ts';
import type { Endpoint, Requester } from './endpoint.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { Reply } from './reply.ts';

/** Whether calling the endpoint is something that an administrator does, and not only looks at. */
export function isAct({ authentication, method }: Pick<Endpoint, 'authentication' | 'method'>): boolean {
  return authentication === 'admin' && method !== 'GET';
}

/** Runs an act of an administrator: it is in the audit log before it begins, and gets its outcome there afterwards. */
export async function handleOnRecord(context: Context, endpoint: Endpoint, request: ReceivedRequest): Promise<Reply> {
  const recorded = await beginAct(context, {
    operator: (request.requester as Requester).userId,
    operation: endpoint.operation,
    target: Object.values(request.params).join(' '),
    details: { ...request.query, ...(request.body as object | undefined) },
    address: request.clientAddress,
  });
  try {
    const reply = await endpoint.handle(context, request);
    await endAct(context, recorded, 'done');
    return reply;
  } catch (error) {
    await endAct(context, recorded, error instanceof MatrixError ? error.errcode : 'M_UNKNOWN');
    throw error;
  }
}
