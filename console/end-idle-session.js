/** A console that nobody touches is left open on somebody's desk. */
const idleMs = 30 * 60_000;
/** However busy: a working day. */
const longestMs = 12 * 60 * 60_000;
const lookEveryMs = 15_000;

/**
 * Calls `end` when a session has not been used by hand for half an hour, or is older than twelve hours. The wall clock
 * counts: a computer that slept was not used.
 */
export function endIdleSession(readSession, end) {
  let usedMs = Date.now();
  for (const event of ['pointerdown', 'keydown', 'wheel']) {
    addEventListener(event, () => (usedMs = Date.now()), { capture: true, passive: true });
  }
  setInterval(() => {
    const session = readSession();
    if (!session) return;
    const nowMs = Date.now();
    const isOld = session.beganMs !== undefined && nowMs - session.beganMs > longestMs;
    if (isOld || nowMs - Math.max(usedMs, session.beganMs ?? 0) > idleMs) end();
  }, lookEveryMs);
}
