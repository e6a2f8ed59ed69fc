import type { Clock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';

const askEveryMs = 30_000;
const peerTimeoutMs = 2_000;

/**
 * How far the clocks of the other monitors' machines are ahead of ours, by their addresses, in ms. What the way of the answer
 * explains is no difference. One that does not answer is none.
 */
export function openPeerClocks(parts: {
  readonly peers: readonly string[];
  readonly send: SendRequest;
  readonly clock: Clock;
}): () => ReadonlyMap<string, number> {
  const { peers, send, clock } = parts;
  const known = new Map<string, number>();
  let askedMs = Number.NEGATIVE_INFINITY;
  const ask = async (peer: string) => {
    const deadline = startDeadline(peerTimeoutMs, `asking ${peer}`, { clock });
    const { host } = new URL(peer);
    try {
      const beforeMs = clock.wallMs();
      const { body } = await send({ method: 'GET', url: `${peer.replace(/\/$/, '')}/leader` }, deadline);
      const afterMs = clock.wallMs();
      const { wallMs } = JSON.parse(body) as { wallMs?: unknown };
      if (typeof wallMs === 'number') known.set(host, outside(wallMs, beforeMs, afterMs));
    } catch {
      known.delete(host);
    } finally {
      deadline.finish();
    }
  };
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - askedMs >= askEveryMs) {
      askedMs = nowMs;
      for (const peer of peers) void ask(peer);
    }
    return known;
  };
}

/** How far it is beyond the nearer end of the span; 0 inside. */
function outside(ms: number, fromMs: number, toMs: number): number {
  return ms > toMs ? ms - toMs : Math.min(0, ms - fromMs);
}
