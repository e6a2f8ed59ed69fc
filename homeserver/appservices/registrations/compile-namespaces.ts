import { RE2JS } from 're2js';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Namespace } from './registration.ts';

/** Whether an id is in any of a service's namespaces, and whether in one that is its alone. */
export interface NamespaceMatch {
  readonly isExclusive: boolean;
}

export type MatchNamespaces = (id: string) => NamespaceMatch | undefined;

const rememberedIds = 20_000;
const exclusiveMatch: NamespaceMatch = { isExclusive: true };
const sharedMatch: NamespaceMatch = { isExclusive: false };

/**
 * Compiles a regular expression for an engine that takes linear time, whatever the expression. Throws what is wrong
 * with it, for people: look-around and references back do not exist there.
 */
export function compileRegex(regex: string): (id: string) => boolean {
  const compiled = RE2JS.compile(regex);
  // As other homeservers do: the expression begins where the id begins, and need not end where it ends.
  return (id) => compiled.matcher(id).lookingAt();
}

/** A test for the namespaces of one kind. Answers for ids that were asked for lately are remembered. */
export function compileNamespaces(namespaces: readonly Namespace[]): MatchNamespaces {
  const compiled = namespaces.map(({ exclusive, regex }) => ({ exclusive, matches: compileRegex(regex) }));
  if (compiled.length === 0) return () => undefined;
  const remembered = new BoundedCache<string, { readonly match: NamespaceMatch | undefined }>(rememberedIds);
  return (id) => {
    let answer = remembered.get(id);
    if (!answer) {
      const matching = compiled.filter(({ matches }) => matches(id));
      const isExclusive = matching.some(({ exclusive }) => exclusive);
      answer = { match: matching.length === 0 ? undefined : isExclusive ? exclusiveMatch : sharedMatch };
      remembered.set(id, answer);
    }
    return answer.match;
  };
}
