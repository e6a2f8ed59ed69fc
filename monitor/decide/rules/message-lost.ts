import { defineRule } from '../rule.ts';

/** A message was acknowledged, and the room, read to its end, does not have it. */
export const messageLost = defineRule({
  name: 'message-lost',
  title: 'Data is being lost: an acknowledged message is gone',
  severities: ['page'],
  losesData: true,
  source: 'canaries',
  raiseAfterMs: 0,
  clearAfterMs: 600_000,
  judge(canaries) {
    return canaries.flatMap(({ shard, lostMessages }) => {
      if (lostMessages === 0) return [];
      const summary = `${lostMessages} acknowledged messages of the canary in shard ${shard} are not in its room`;
      return [{ subject: `shard ${shard}`, severity: 'page', summary }];
    });
  },
});
