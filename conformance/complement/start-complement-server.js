import { enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

// Hundreds of servers are started in a run. This file alone is JavaScript: it runs before the cache.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node-compile', import.meta.url)));
const { resolveOwnFile } = await import('@holdfast/homeserver/platform/resolve-own-file.ts');
registerHooks({ resolve: resolveOwnFile });
const { runComplementServer } = await import('./run-complement-server.ts');
await runComplementServer();
process.exit(0);
