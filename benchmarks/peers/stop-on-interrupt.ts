import process from 'node:process';

type Stop = () => Promise<void>;

const stops: Stop[] = [];
let interrupted = false;

/**
 * What was started last is stopped first when this process is interrupted, so that no server is left behind.
 * Returns the function to stop it with otherwise; however often it is called, `stop` runs once.
 */
export function stopOnInterrupt(stop: Stop): Stop {
  if (stops.length === 0) watchSignals();
  let stopped: Promise<void> | undefined;
  const stopOnce = () => (stopped ??= stop());
  stops.push(stopOnce);
  return stopOnce;
}

/** True once a signal has come: what fails from then on fails because of it, and the process is about to end. */
export function isInterrupted(): boolean {
  return interrupted;
}

function watchSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stopAll());
}

async function stopAll(): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  for (const stop of stops.toReversed()) await stop().catch((error: unknown) => console.error(error));
  process.exit(130);
}
