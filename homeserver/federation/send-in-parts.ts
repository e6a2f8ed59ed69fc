import type { SettledMessage } from '../devices/to-device/queue-to-device.ts';
import type { Context } from '../platform/context.ts';
import type { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import type { QueueBatch } from './destination-queue.ts';
import { droppedItems } from './dropped-items.ts';
import { splitRefused } from './split-refused.ts';

/** Between the parts: the server answers, and others are waiting for it too. */
const pauseMs = 250;
/** Of what says something of who asks, or of the moment, and not of what was sent. */
const passingStatuses = new Set([401, 403, 404, 408, 425, 429]);

/** Whether the server would refuse this transaction again, and might take another one. */
export function isRefusedForGood({ kind, status = 0 }: RemoteServerError): boolean {
  return kind === 'refused' && status >= 400 && status < 500 && !passingStatuses.has(status);
}

/** What sending in parts takes of a destination's sender. */
export interface PartsOfSender {
  readonly context: Context;
  readonly server: string;
  readonly signal: AbortSignal;
  /** Gives why the server refuses this for good; throws where it failed otherwise. */
  trySending(batch: Pick<QueueBatch, 'pdus' | 'edus'>): Promise<RemoteServerError | undefined>;
  /** `setAside`: the last of the items is this message, which the server has not. */
  acknowledge(items: number, setAside?: SettledMessage): Promise<void>;
}

/**
 * Sends in parts what a server has refused as a whole several times, so that all is sent but the one item for which it is
 * refused, see splitRefused. A message to devices is set aside then; anything else is dropped: `onDropped`. Throws as
 * sending does, and why the server refuses it where it refuses everything.
 */
export async function sendInParts(batch: QueueBatch, sender: PartsOfSender, onDropped: () => void): Promise<void> {
  const { context, signal } = sender;
  const { pdus, edus } = batch;
  let problem: RemoteServerError | undefined;
  const outcome = await splitRefused(
    { pdus: pdus.length, edus: edus.length },
    {
      async send(first, end) {
        await context.clock.sleep(pauseMs, signal);
        signal.throwIfAborted();
        const refusal = await sender.trySending({
          pdus: pdus.slice(first, end),
          edus: edus.slice(Math.max(0, first - pdus.length), Math.max(0, end - pdus.length)),
        });
        problem = refusal ?? problem;
        return refusal === undefined;
      },
      acknowledge: (items) => sender.acknowledge(items),
      leaveOut: async (item) => {
        const [id, reason] = [batch.messageId(item), problem?.message ?? 'refused'];
        noteLeftOut(sender, describeItem(batch, item), reason, id === undefined ? 'dropped' : 'set-aside');
        if (id === undefined) onDropped();
        await sender.acknowledge(item + 1, id === undefined ? undefined : { id, problem: reason });
      },
    },
  );
  if (outcome === 'all-refused' && problem) throw problem;
}

function noteLeftOut(
  { context, server }: PartsOfSender,
  item: string,
  problem: string,
  outcome: 'dropped' | 'set-aside',
): void {
  const dropped = droppedItems.of(context);
  if (outcome === 'dropped') {
    dropped.set(server, { count: (dropped.get(server)?.count ?? 0) + 1, last: `${item}: ${problem}` });
  }
  context.log.warn(
    { server, item, problem, outcome },
    'something is not sent to a server: it refuses it, and takes what is sent without it',
  );
}

function describeItem({ pdus, edus }: QueueBatch, item: number): string {
  const pdu = pdus[item];
  if (pdu) return `event ${pdu.eventId}`;
  const { edu_type: type } = JSON.parse(edus[item - pdus.length] ?? '{}') as { edu_type?: unknown };
  return `an EDU of type ${String(type).slice(0, 100)}`;
}
