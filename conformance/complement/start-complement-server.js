import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Hundreds of servers are started in a run. This file alone is JavaScript: it runs before the cache.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node-compile', import.meta.url)));
const { runComplementServer } = await import('./run-complement-server.ts');
await runComplementServer();
process.exit(0);
