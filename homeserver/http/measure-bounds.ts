import { waitingPasswords } from '../accounts/hash-password.ts';
import { waitingThumbnails } from '../media/find-thumbnail.ts';
import type { HttpServer } from './http-server.ts';

/** Shows how near the caches and queues behind the listener are to their bounds. */
export function measureBounds({ context, sessions, limits, running, heavyReads }: HttpServer): void {
  const { metrics } = context;
  metrics.observedGauge({
    name: 'holdfast_sessions_cached',
    help: 'Access tokens that need no query; 50,000 at most.',
    read: () => sessions.size,
  });
  metrics.observedGauge({
    name: 'holdfast_rate_limit_buckets',
    help: 'Users and addresses whose requests are counted; 100,000 at most.',
    read: () => limits.size,
  });
  metrics.observedGauge({
    name: 'holdfast_http_waits',
    help: 'Requests that wait for something to happen, such as long polls.',
    read: () => running.size,
  });
  metrics.observedGauge({
    name: 'holdfast_federation_heavy_reads',
    help: "Other servers' requests for the state of rooms that are answered at the moment; 64 at most, 4 of one server.",
    read: () => heavyReads.running,
  });
  metrics.observedGauge({
    name: 'holdfast_federation_heavy_reads_waiting',
    help: 'Such requests that wait for their turn, 20 s at most; 500 at most, 20 of one server.',
    read: () => heavyReads.waiting,
  });
  metrics.observedGauge({
    name: 'holdfast_passwords_waiting',
    help: 'Passwords that wait to be hashed or compared; 200 at most.',
    read: waitingPasswords,
  });
  metrics.observedGauge({
    name: 'holdfast_thumbnails_waiting',
    help: 'Thumbnails that wait to be made; 100 at most.',
    read: waitingThumbnails,
  });
}
