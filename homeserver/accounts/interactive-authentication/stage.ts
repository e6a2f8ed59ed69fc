import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

/** Authentication types that this server asks for. https://spec.matrix.org/v1.19/client-server-api/#authentication-types */
export type Stage = 'm.login.password' | 'm.login.dummy' | 'm.login.registration_token' | 'm.login.terms';

/** The stages that together are enough. */
export type Flow = readonly Stage[];

/** The `auth` of a request. */
export interface AuthenticationData {
  readonly type?: string;
  readonly session?: string;
}

/**
 * Checks what a client sent for a stage. Throws MatrixError when it is not right. `sessionId` names the session that
 * it is for, whether or not it is stored yet.
 */
export type CheckStage = (auth: AuthenticationData & JsonObject, sessionId: string) => Promise<void>;

export type StageChecks = { readonly [Name in Stage]?: CheckStage };
