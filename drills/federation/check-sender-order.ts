import type { Observation } from '../checker/history.ts';

/**
 * Two servers may put what happened on both sides of a cut into different orders; what one sender said stands in the
 * order of saying everywhere. Bodies are the sender's user id and a number that counts up. Gives what does not.
 */
export function checkSenderOrder({ reader, events }: Pick<Observation, 'reader' | 'events'>): string[] {
  const newest = new Map<string, number>();
  const problems: string[] = [];
  for (const { body } of events) {
    const end = body.lastIndexOf(' ');
    const [sender, count] = [body.slice(0, end), Number(body.slice(end + 1))];
    const before = newest.get(sender) ?? -1;
    if (count < before) problems.push(`${reader}: ${body} stands after ${before}`);
    newest.set(sender, Math.max(before, count));
  }
  return problems;
}
