import type { SpecOperation } from './spec-operation.ts';

/** A route of the server, as in the tables under homeserver/http. */
export interface Route {
  readonly method: string;
  /** In the specification's form, with `{names}`. */
  readonly path: string;
  /** The operation's name in this project. */
  readonly operation: string;
}

export interface ApiCoverage {
  readonly api: string;
  readonly total: number;
  readonly built: readonly SpecOperation[];
  readonly missing: readonly SpecOperation[];
}

export interface Coverage {
  /** In the order in which the APIs first appear among the operations. */
  readonly apis: readonly ApiCoverage[];
  /** Routes in the specification's own name space that it does not know: a wrong path or method. */
  readonly unknown: readonly Route[];
  /** Routes outside of it: unstable ones, and this server's own. */
  readonly extensions: readonly Route[];
  /** Routes that stand in the table more than once. */
  readonly repeated: readonly Route[];
}

/** The specification lets an empty state key be left out together with its slash, which its data cannot say. */
const shortenedPaths: ReadonlySet<string> = new Set([
  'GET /_matrix/client/v3/rooms/{}/state/{}',
  'PUT /_matrix/client/v3/rooms/{}/state/{}',
]);

/** Operations that have left the specification; old servers still call them. */
const formerPaths: ReadonlySet<string> = new Set([
  'PUT /_matrix/federation/v1/send_join/{}/{}',
  'PUT /_matrix/federation/v1/send_leave/{}/{}',
]);

/**
 * Compares the routes of a server with the operations of the specification, by method and path; what parameters in
 * paths are called does not matter.
 */
export function compareCoverage(operations: readonly SpecOperation[], routes: readonly Route[]): Coverage {
  const specified = new Set(operations.map(placeOf));
  const served = new Set<string>();
  const repeated: Route[] = [];
  const strange: Route[] = [];
  for (const route of routes) {
    const place = placeOf(route);
    if (served.has(place)) repeated.push(route);
    else if (!specified.has(place) && !shortenedPaths.has(place) && !formerPaths.has(place)) strange.push(route);
    served.add(place);
  }
  const apis = [...new Set(operations.map(({ api }) => api))].map((api): ApiCoverage => {
    const all = operations.filter((operation) => operation.api === api);
    const built = all.filter((operation) => served.has(placeOf(operation)));
    const missing = all.filter((operation) => !served.has(placeOf(operation)));
    return { api, total: all.length, built, missing };
  });
  return {
    apis,
    unknown: strange.filter((route) => isSpecifiedNameSpace(route.path)),
    extensions: strange.filter((route) => !isSpecifiedNameSpace(route.path)),
    repeated,
  };
}

/** Method and path without the names of parameters. One path of the specification's data ends with a space. */
function placeOf({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method.toUpperCase()} ${path.trim().replaceAll(/\{[^}]*\}/g, '{}')}`;
}

function isSpecifiedNameSpace(path: string): boolean {
  return (path.startsWith('/_matrix/') || path.startsWith('/.well-known/matrix/')) && !path.includes('/unstable/');
}
