import { posix } from 'node:path';

/** Where an import leads. */
export type ImportTarget =
  | { kind: 'module'; path: string }
  | { kind: 'builtin'; name: string }
  | { kind: 'dependency'; name: string };

const scope = '@holdfast/';

/**
 * Resolves a specifier as written in the module at `from` (a path relative to the tree's root). Workspaces are packages
 * of the scope `@holdfast` that export all their files under their own paths, so a module's path follows from the text
 * alone. `#name` imports do not exist here.
 */
export function resolveImport(from: string, specifier: string): ImportTarget {
  if (specifier.startsWith('node:')) return { kind: 'builtin', name: specifier };
  if (specifier.startsWith('.')) return { kind: 'module', path: posix.join(posix.dirname(from), specifier) };
  if (specifier.startsWith(scope)) return { kind: 'module', path: posix.normalize(specifier.slice(scope.length)) };
  return { kind: 'dependency', name: specifier };
}
