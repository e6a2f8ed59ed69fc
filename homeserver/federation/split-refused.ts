/** How the items of a refused transaction are sent in parts. Items have numbers: events first, then EDUs. */
export interface PartSender {
  /** Sends the items from `first` up to before `end`. Gives false where the server refuses them; throws as sending does. */
  send(first: number, end: number): Promise<boolean>;
  /** The server has all items before `end`. */
  acknowledge(end: number): Promise<void>;
  /** The item is refused alone, and others are not; the server has all items before it. */
  leaveOut(item: number): Promise<void>;
}

/** 'sent': all of it after all, in parts. 'left-out': up to one item and without it. 'all-refused': none of it. */
export type SplitOutcome = 'sent' | 'left-out' | 'all-refused';

/**
 * Finds the first item for which a server refuses a transaction that was refused as a whole, by halves: what it takes on
 * the way is acknowledged. The item is left out only if the server refuses it alone and takes something else: where it has
 * taken nothing so far, others are tried, events for an event as long as there are any. What comes after the item is left
 * to the next transaction. At most two requests more than halving takes.
 */
export async function splitRefused(
  counts: { readonly pdus: number; readonly edus: number },
  parts: PartSender,
): Promise<SplitOutcome> {
  const count = counts.pdus + counts.edus;
  let [done, end] = [0, count];
  let isRefusedAlone = count === 1;
  while (end - done > 1) {
    const middle = done + Math.ceil((end - done) / 2);
    if (await parts.send(done, middle)) {
      done = middle;
      isRefusedAlone = false;
      await parts.acknowledge(done);
    } else {
      end = middle;
      isRefusedAlone = middle === done + 1;
    }
  }
  if (!isRefusedAlone && (await parts.send(done, done + 1))) {
    await parts.acknowledge(done + 1);
    return 'sent';
  }
  if (done === 0 && !(await takesAnother(counts, parts))) return 'all-refused';
  await parts.leaveOut(done);
  return 'left-out';
}

/** Whether the server takes anything but the first item. */
async function takesAnother({ pdus, edus }: { pdus: number; edus: number }, { send }: PartSender): Promise<boolean> {
  const last = pdus > 1 ? pdus - 1 : pdus + edus - 1;
  for (const item of new Set([last, Math.ceil(last / 2)])) {
    if (item > 0 && (await send(item, item + 1))) return true;
  }
  return false;
}
