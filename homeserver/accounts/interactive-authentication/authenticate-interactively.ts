import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import {
  closeInteractiveSession,
  findInteractiveSession,
  type InteractiveSession,
  saveInteractiveSession,
} from './interactive-sessions.ts';
import type { AuthenticationData, Flow, Stage, StageChecks } from './stage.ts';

export interface InteractiveRequest {
  /** What is being authenticated; a session is good for this alone. */
  readonly operation: string;
  readonly userId: string | null;
  readonly auth: (AuthenticationData & JsonObject) | undefined;
  /** Any one of them is enough. */
  readonly flows: readonly Flow[];
  /** By stage: what a client needs to know for it. */
  readonly params?: JsonObject;
  readonly checks: StageChecks;
}

/** The body of the 401 that tells a client how to go on. */
export interface InteractiveChallenge {
  readonly flows: readonly { readonly stages: Flow }[];
  readonly params: JsonObject;
  readonly session: string;
  readonly completed?: readonly string[];
  readonly errcode?: string;
  readonly error?: string;
}

export type InteractiveOutcome =
  | { readonly challenge: InteractiveChallenge }
  | {
      readonly challenge?: undefined;
      readonly sessionId: string;
      /** Call when the operation is done: the session cannot be used again. */
      finish(): Promise<void>;
    };

const sessionIdBytes = 18;

/**
 * Goes one step in user-interactive authentication: checks the stage that the client sent, and says whether one of the
 * flows is complete or how to go on. A single request that completes a flow needs no session.
 * Throws M_LIMIT_EXCEEDED. https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export async function authenticateInteractively(
  context: Context,
  request: InteractiveRequest,
): Promise<InteractiveOutcome> {
  const { operation, userId, auth, flows } = request;
  const given = auth?.session;
  const stored = given === undefined ? undefined : await findInteractiveSession(context, given, operation, userId);
  const session: InteractiveSession = stored ?? {
    id: context.random.token(sessionIdBytes),
    ...{ operation, userId, completed: [] },
  };
  if (given !== undefined && !stored) {
    return challenge(context, request, session, undefined, new MatrixError('M_UNKNOWN', 'This session is over'));
  }
  const { stage, problem } = await checkStage(request, session);
  const completed = stage ? [...session.completed, stage] : session.completed;
  if (!problem && flows.some((flow) => flow.every((name) => completed.includes(name)))) {
    const finish = async () => {
      if (stored) await closeInteractiveSession(context, session.id);
    };
    return { sessionId: session.id, finish };
  }
  return challenge(context, request, session, stage, problem);
}

async function checkStage(
  { auth, flows, checks }: InteractiveRequest,
  session: InteractiveSession,
): Promise<{ stage?: Stage; problem?: MatrixError }> {
  // Without a type the client asks whether it is done by other means.
  if (auth?.type === undefined) return {};
  const stage = flows.flat().find((name) => name === auth.type);
  if (stage === undefined) return { problem: new MatrixError('M_UNKNOWN', 'This type of authentication is of no use') };
  if (session.completed.includes(stage)) return {};
  try {
    await checks[stage]?.(auth, session.id);
    return { stage };
  } catch (error) {
    if (error instanceof MatrixError && error.status < 429) return { problem: error };
    throw error;
  }
}

async function challenge(
  context: Context,
  { flows, params }: InteractiveRequest,
  session: InteractiveSession,
  stage: Stage | undefined,
  problem: MatrixError | undefined,
): Promise<InteractiveOutcome> {
  const completed = await saveInteractiveSession(context, {
    ...session,
    completed: stage ? [...session.completed, stage] : session.completed,
  });
  return {
    challenge: {
      flows: flows.map((stages) => ({ stages })),
      params: params ?? {},
      session: session.id,
      ...(completed.length > 0 && { completed }),
      ...(problem && { errcode: problem.errcode, error: problem.message }),
    },
  };
}
