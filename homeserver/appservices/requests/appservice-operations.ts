/**
 * What application services are asked: nothing else is, and `npm run spec-coverage` compares it with the specification.
 * https://spec.matrix.org/v1.19/application-service-api/#homeserver---application-service-api
 */
export const appserviceOperations = {
  sendTransaction: { method: 'PUT', path: '/_matrix/app/v1/transactions/{txnId}' },
  ping: { method: 'POST', path: '/_matrix/app/v1/ping' },
  queryUserById: { method: 'GET', path: '/_matrix/app/v1/users/{userId}' },
  queryRoomByAlias: { method: 'GET', path: '/_matrix/app/v1/rooms/{roomAlias}' },
  getProtocolMetadata: { method: 'GET', path: '/_matrix/app/v1/thirdparty/protocol/{protocol}' },
  queryUserByProtocol: { method: 'GET', path: '/_matrix/app/v1/thirdparty/user/{protocol}' },
  queryUserByID: { method: 'GET', path: '/_matrix/app/v1/thirdparty/user' },
  queryLocationByProtocol: { method: 'GET', path: '/_matrix/app/v1/thirdparty/location/{protocol}' },
  queryLocationByAlias: { method: 'GET', path: '/_matrix/app/v1/thirdparty/location' },
} as const;

export type AppserviceOperation = keyof typeof appserviceOperations;

/** The path of an operation; it has one parameter at most. */
export function pathOfOperation(operation: AppserviceOperation, parameter = ''): string {
  return appserviceOperations[operation].path.replace(/\{\w+\}/, () => encodeURIComponent(parameter));
}

/**
 * Where an operation was before the specification had versions in its paths; undefined: it is younger.
 * https://spec.matrix.org/v1.19/application-service-api/#legacy-routes
 */
export function formerPathOfOperation(operation: AppserviceOperation, parameter = ''): string | undefined {
  if (operation === 'ping') return undefined;
  const path = pathOfOperation(operation, parameter);
  const thirdParty = '/_matrix/app/v1/thirdparty/';
  if (path.startsWith(thirdParty)) return `/_matrix/app/unstable/thirdparty/${path.slice(thirdParty.length)}`;
  return path.slice('/_matrix/app/v1'.length);
}
