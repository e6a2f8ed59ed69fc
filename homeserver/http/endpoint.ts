import type { Readable } from 'node:stream';
import type { Log } from '@holdfast/effects/log.ts';
import type { ApplicationService } from '../appservices/registrations/application-service.ts';
import type { Context } from '../platform/context.ts';
import type { RateOverride } from '../storage/accounts/rate-override.ts';
import type { JsonSchema, SchemaValue } from './json-schema.ts';
import type { RateLimitKind, RateLimits } from './rate-limits.ts';
import type { Reply } from './reply.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * Who may call: 'user' anybody with a valid access token, 'admin' only administrators, 'optional' with or without,
 * 'none' no token is looked at, 'server' another homeserver that signed the request.
 */
export type Authentication = 'user' | 'admin' | 'optional' | 'none' | 'server';

/** Whose access token came with the request. */
export interface Requester {
  readonly userId: string;
  /** Empty for an application service that named none. */
  readonly deviceId: string;
  readonly isAdmin: boolean;
  readonly isSuspended: boolean;
  /** What an administrator lets the user send instead of the limits of all. */
  readonly rateOverride?: RateOverride | undefined;
  /** SHA-256 of the access token, base64url: names the token without being it. */
  readonly accessTokenId: string;
  /** Whose token it is, where it is the one of an application service that acts for the user. */
  readonly applicationService?: ApplicationService;
}

/** Which other homeserver signed the request. */
export interface ServerRequester {
  readonly serverName: string;
}

/** The names in braces of a path, as an object of strings. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [Key in Name]: string } & PathParams<Rest>
  : unknown;

export interface EndpointRequest<Params, Query, Body, Who> {
  readonly requester: Who;
  /** Percent-decoded, without NUL, at most 1,024 characters each. */
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The query as it came, for what hands it on. */
  readonly queryText: string;
  /** The body of an endpoint with `rawBody`, not read yet. */
  readonly stream: Readable;
  /** Aborts when the client goes away or the server closes. Long waits end with it and then answer what they have. */
  readonly signal: AbortSignal;
  /** Carries the request's id. */
  readonly log: Log;
  readonly clientAddress: string;
  /** For what is counted by something else than the requester, such as wrong passwords of an account. */
  readonly limits: RateLimits;
  /** First value of a header, by its name in lower case. */
  header(name: string): string | undefined;
  /** Scheme and host as the client used them, without a slash at the end. */
  readonly baseUrl: string;
}

type RequesterFor<Kind extends Authentication> = Kind extends 'none'
  ? undefined
  : Kind extends 'optional'
    ? Requester | undefined
    : Kind extends 'server'
      ? ServerRequester
      : Requester;

export interface EndpointDefinition<
  Path extends string,
  Kind extends Authentication,
  QuerySchema extends JsonSchema | undefined,
  BodySchema extends JsonSchema | undefined,
> {
  /** The specification's operationId. */
  readonly operation: string;
  readonly method: HttpMethod;
  /** Whole path with the specification's parameters, such as `/_matrix/client/v3/rooms/{roomId}/join`. */
  readonly path: Path;
  /** Further paths of the same parameters. `/v3/` paths answer under `/r0/` too without being named here. */
  readonly alsoAt?: readonly string[];
  readonly authentication: Kind;
  /** Counted besides the limit that all requests share. */
  readonly rateLimit?: RateLimitKind;
  /** Object schema of the query: unknown names are dropped, values converted to the types it says. */
  readonly query?: QuerySchema;
  /** Schema of the JSON body; without it no body is read. An empty body counts as `{}`. */
  readonly body?: BodySchema;
  /** Default: config.limits.maxBodyBytes. */
  readonly bodyLimitBytes?: number;
  /** Another server's request that costs much: few of each server run at a time, see HeavyReads. */
  readonly isHeavy?: boolean;
  /** The endpoint reads `request.stream` itself and keeps its own bounds. */
  readonly rawBody?: boolean;
  /** Locked users may call it (they may log out, nothing else). */
  readonly lockedMayCall?: boolean;
  /** Suspended users may not call it. https://spec.matrix.org/v1.19/client-server-api/#account-suspension */
  readonly suspendedMayNotCall?: boolean;
  handle(
    context: Context,
    request: EndpointRequest<
      PathParams<Path>,
      QuerySchema extends JsonSchema ? SchemaValue<QuerySchema> : Record<string, never>,
      BodySchema extends JsonSchema ? SchemaValue<BodySchema> : undefined,
      RequesterFor<Kind>
    >,
  ): Promise<Reply> | Reply;
}

/** An endpoint of any types, for the route table. */
export interface Endpoint extends Omit<EndpointDefinition<string, Authentication, JsonSchema, JsonSchema>, 'handle'> {
  /** The request has been checked against the endpoint's own schemas. */
  handle(context: Context, request: EndpointRequest<unknown, unknown, unknown, unknown>): Promise<Reply> | Reply;
}

/** Says what an operation is: its place, who may call it, what it takes, and what it does. */
export function defineEndpoint<
  const Path extends string,
  const Kind extends Authentication,
  const QuerySchema extends JsonSchema | undefined = undefined,
  const BodySchema extends JsonSchema | undefined = undefined,
>(definition: EndpointDefinition<Path, Kind, QuerySchema, BodySchema>): Endpoint {
  return definition;
}
