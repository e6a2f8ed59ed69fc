import { connect, type Socket } from 'node:net';
import type { Deadline } from '@holdfast/effects/deadline.ts';

/**
 * Connects, and ends the connection when the other side has said more than `maxBytes` in clear text or the deadline is
 * over. Whoever reads takes the data through `data` events.
 */
export function openBoundedSocket(place: { host: string; port: number }, maxBytes: number, deadline: Deadline): Socket {
  const socket = connect(place);
  const giveUp = () => socket.destroy(deadline.signal.reason as Error);
  deadline.signal.addEventListener('abort', giveUp, { once: true });
  socket.once('close', () => deadline.signal.removeEventListener('abort', giveUp));
  const count = () => {
    if (socket.bytesRead > maxBytes) socket.destroy(new Error('the other side says too much'));
  };
  // Listening to data begins the flow: not before somebody takes it.
  socket.once('newListener', function begin(event: string | symbol) {
    if (event === 'data') socket.on('data', count);
    else socket.once('newListener', begin);
  });
  return socket;
}
