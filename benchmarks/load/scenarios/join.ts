import type { Scenario } from '../scenario.ts';

/** Join of many local members into one room, 16 at a time; the member list is compared afterwards. */
export const join: Scenario = {
  name: 'join',
  async run(context) {
    const room = await context.largeRoom();
    context.log(`join of ${room.memberCount} members: ${room.joinsPerSecond.toFixed(1)}/s`);
    return [{ key: 'join.rate', value: room.joinsPerSecond, samples: room.memberCount }];
  },
};
