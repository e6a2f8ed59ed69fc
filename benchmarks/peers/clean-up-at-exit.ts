import process from 'node:process';

const cleanUps = new Set<() => void>();
let isWatching = false;

/**
 * Runs an action when this process ends in any way but SIGKILL, so that an interrupted run leaves no server behind.
 * The action must be synchronous. Returns a function that takes it back.
 */
export function cleanUpAtExit(action: () => void): () => void {
  if (!isWatching) {
    isWatching = true;
    process.once('exit', () => {
      for (const cleanUp of cleanUps) cleanUp();
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  }
  cleanUps.add(action);
  return () => cleanUps.delete(action);
}
