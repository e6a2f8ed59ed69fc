/**
 * Does work that can be cancelled: `signal` aborts at the first Ctrl-C (SIGINT) or SIGTERM, so that the work can tidy up
 * what it began. The second one ends the process at once.
 */
export async function untilCancelled<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const cancelling = new AbortController();
  const cancel = () => {
    leave();
    cancelling.abort(new Error('cancelled'));
  };
  const leave = () => void process.off('SIGINT', cancel).off('SIGTERM', cancel);
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  try {
    return await work(cancelling.signal);
  } finally {
    leave();
  }
}
