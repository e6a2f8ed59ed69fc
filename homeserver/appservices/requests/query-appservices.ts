import type { Context } from '../../platform/context.ts';
import type { ApplicationService } from '../registrations/application-service.ts';
import { applicationServices } from '../registrations/application-services.ts';
import { type AppserviceQuestion, callAppservice } from './call-appservice.ts';

/** Somebody waits for the answer. */
const timeoutMs = 10_000;

/**
 * Asks the services whose namespaces have an unknown user whether there is one, one after the other; they make the
 * account before they say yes. https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1usersuserid
 */
export async function queryUser(context: Context, userId: string): Promise<boolean> {
  const asked = applicationServices.of(context).all.filter((service) => service.hasUser(userId));
  return await ask(context, asked, { operation: 'queryUserById', parameter: userId });
}

/**
 * The same for a room alias: they make the room and the alias before they say yes.
 * https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1roomsroomalias
 */
export async function queryRoomAlias(context: Context, alias: string): Promise<boolean> {
  const asked = applicationServices.of(context).all.filter((service) => service.hasAlias(alias));
  return await ask(context, asked, { operation: 'queryRoomByAlias', parameter: alias });
}

async function ask(
  context: Context,
  asked: readonly ApplicationService[],
  question: Pick<AppserviceQuestion, 'operation' | 'parameter'>,
): Promise<boolean> {
  for (const service of asked) {
    if (service.registration.url === null) continue;
    try {
      const { status } = await callAppservice(context, service, { ...question, timeoutMs });
      if (status === 200) return true;
    } catch (error) {
      context.log.warn({ service: service.id, err: error }, 'an application service could not be asked');
    }
  }
  return false;
}
