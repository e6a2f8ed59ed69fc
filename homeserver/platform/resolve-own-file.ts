import type { ResolveHookSync } from 'node:module';

/** Where the workspaces lie side by side: npm links each of them into node_modules under this scope. */
const repository = new URL('../../', import.meta.url).href;
const scope = '@holdfast/';

/**
 * Finds Holdfast's own files without asking the disk. Node.js looks at the file, its links and the package.json files
 * above it for each of some three thousand imports, nearly half of loading the server; but our own files are imported by
 * their whole names, and where a package lies is known.
 */
export const resolveOwnFile: ResolveHookSync = (specifier, context, resolveNext) => {
  const { parentURL } = context;
  if (!specifier.endsWith('.ts')) return resolveNext(specifier, context);
  if (specifier.startsWith(scope)) return ownFile(repository + specifier.slice(scope.length));
  if (parentURL === undefined || !specifier.startsWith('.')) return resolveNext(specifier, context);
  return ownFile(new URL(specifier, parentURL).href);
};

function ownFile(url: string): ReturnType<ResolveHookSync> {
  return { url, format: 'module-typescript', shortCircuit: true };
}
