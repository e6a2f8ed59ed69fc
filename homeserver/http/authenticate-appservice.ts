import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { createAccount } from '../accounts/create-account.ts';
import type { Session } from '../accounts/session-cache.ts';
import { tellHeardFromAppservice } from '../appservices/delivery/tell-heard-from.ts';
import type { ApplicationService } from '../appservices/registrations/application-service.ts';
import { applicationServices } from '../appservices/registrations/application-services.ts';
import type { Context } from '../platform/context.ts';
import type { Requester } from './endpoint.ts';
import { findAccessToken } from './find-access-token.ts';
import type { HttpServer } from './http-server.ts';
import { findQueryValue } from './parse-query.ts';
import type { ReceivedRequest } from './received-request.ts';

/**
 * Who an application service acts for: the user, and the device, that the query names, or its own sender, whose account
 * is made when it is first needed. Throws M_FORBIDDEN (not a user of the service, or without an account) and
 * M_UNKNOWN_DEVICE. https://spec.matrix.org/v1.19/application-service-api/#identity-assertion
 */
export async function authenticateService(
  { context, sessions }: Pick<HttpServer, 'context' | 'sessions'>,
  service: ApplicationService,
  query: string,
): Promise<Session & Requester> {
  const userId = findQueryValue(query, 'user_id') || service.senderUserId;
  const deviceId = findQueryValue(query, 'device_id') || findQueryValue(query, 'org.matrix.msc3202.device_id');
  if (!service.hasUser(userId)) {
    throw new MatrixError('M_FORBIDDEN', 'The application service may not act for this user');
  }
  tellHeardFromAppservice(context, service.id);
  let session = await sessions.findMasqueraded(service.id, userId, deviceId);
  if (!session && userId === service.senderUserId) {
    await makeSender(context, userId);
    session = await sessions.findMasqueraded(service.id, userId, deviceId);
  }
  if (!session) throw new MatrixError('M_FORBIDDEN', 'The application service has not registered this user');
  return { ...session, applicationService: service };
}

async function makeSender(context: Context, userId: string): Promise<void> {
  try {
    await createAccount(context, { userId, passwordHash: null });
  } catch (error) {
    // Another request was faster.
    if (!(error instanceof MatrixError && error.errcode === 'M_USER_IN_USE')) throw error;
  }
}

/** The application service whose token came with a request that needs none; undefined: none's. Never throws. */
export function findService(
  context: Context,
  request: Pick<ReceivedRequest, 'header'>,
  query: string,
): ApplicationService | undefined {
  try {
    const token = findAccessToken(request.header('authorization'), query);
    return token === undefined ? undefined : applicationServices.of(context).findByToken(token);
  } catch {
    return undefined;
  }
}

/**
 * The application service that asks, for operations of application services alone.
 * Throws M_MISSING_TOKEN and M_UNKNOWN_TOKEN.
 */
export function requireService(
  context: Context,
  authorization: string | undefined,
  accessToken: string | undefined,
): ApplicationService {
  const token = findAccessToken(authorization, '') ?? accessToken;
  if (token === undefined) throw new MatrixError('M_MISSING_TOKEN', 'Missing the token of an application service');
  const service = applicationServices.of(context).findByToken(token);
  if (!service) throw new MatrixError('M_UNKNOWN_TOKEN', 'This is no token of an application service');
  return service;
}
