import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject, parseJson } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import type { ApplicationService } from '../registrations/application-service.ts';
import { applicationServices } from '../registrations/application-services.ts';
import { type AppserviceQuestion, callAppservice } from './call-appservice.ts';

/** Somebody waits for the answer. */
const timeoutMs = 10_000;
const maxResults = 1_000;

/**
 * A protocol as the services that have it describe it, their instances together; undefined where none has it.
 * https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1thirdpartyprotocolprotocol
 */
export async function findProtocol(context: Context, protocol: string): Promise<JsonObject | undefined> {
  const asked = servicesOf(context, protocol);
  const answers = await Promise.all(
    asked.map((service) => ask(context, service, { operation: 'getProtocolMetadata', parameter: protocol })),
  );
  const described = answers.flatMap((answer, index) => {
    const service = asked[index];
    return isJsonObject(answer) && service ? [named(answer, service)] : [];
  });
  const first = described[0];
  return first && { ...first, instances: described.flatMap(({ instances }) => instances as JsonValue[]) };
}

/** All protocols that services have, by name. */
export async function findProtocols(context: Context): Promise<JsonObject> {
  const names = new Set(applicationServices.of(context).all.flatMap(({ registration }) => registration.protocols));
  const found = await Promise.all([...names].map(async (name) => [name, await findProtocol(context, name)] as const));
  return Object.fromEntries(found.flatMap(([name, protocol]) => (protocol ? [[name, protocol]] : [])));
}

const lookUps = {
  user: { all: 'queryUserByID', ofProtocol: 'queryUserByProtocol' },
  location: { all: 'queryLocationByAlias', ofProtocol: 'queryLocationByProtocol' },
} as const;

/**
 * Users or rooms (`kind` is `user` or `location`) of a protocol; without one, of all services that have any. `query` is
 * passed on. https://spec.matrix.org/v1.19/application-service-api/#third-party-networks
 */
export async function lookUpThirdParties(
  context: Context,
  kind: 'user' | 'location',
  protocol: string | undefined,
  query: string,
): Promise<JsonValue[]> {
  const asked = servicesOf(context, protocol);
  const { all, ofProtocol } = lookUps[kind];
  const question =
    protocol === undefined ? { operation: all, query } : { operation: ofProtocol, parameter: protocol, query };
  const answers = await Promise.all(asked.map((service) => ask(context, service, question)));
  return answers.flatMap((answer) => (Array.isArray(answer) ? answer : [])).slice(0, maxResults);
}

function servicesOf(context: Context, protocol: string | undefined): ApplicationService[] {
  return applicationServices.of(context).all.filter(({ registration: { url, protocols } }) => {
    if (url === null) return false;
    return protocol === undefined ? protocols.length > 0 : protocols.includes(protocol);
  });
}

/** Clients name an instance when they ask for the rooms of one network. */
function named(answer: JsonObject, service: ApplicationService): JsonObject {
  const instances = Array.isArray(answer['instances']) ? answer['instances'].filter(isJsonObject) : [];
  return {
    ...answer,
    instances: instances.map((instance) => {
      const network = instance['network_id'];
      return typeof network === 'string' ? { ...instance, instance_id: instanceIdOf(service.id, network) } : instance;
    }),
  };
}

/** Names a network of a service for clients. */
export function instanceIdOf(serviceId: string, network: string): string {
  return `${serviceId}|${network}`;
}

/** undefined: it does not answer, or with nothing that can be used. */
async function ask(
  context: Context,
  service: ApplicationService,
  question: Omit<AppserviceQuestion, 'timeoutMs'>,
): Promise<JsonValue | undefined> {
  try {
    const { status, text } = await callAppservice(context, service, { ...question, timeoutMs });
    return status === 200 ? parseJson(Buffer.from(text)).value : undefined;
  } catch (error) {
    context.log.warn({ service: service.id, err: error }, 'an application service could not be asked');
    return undefined;
  }
}
