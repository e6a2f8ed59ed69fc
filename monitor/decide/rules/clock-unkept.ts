import { type Condition, defineRule } from '../rule.ts';

/** It is right still, and nothing keeps it so, or nobody can say. */
export const clockUnkept = defineRule({
  name: 'clock-unkept',
  title: 'Nothing keeps a clock right',
  severities: ['warning', 'notice'],
  source: 'clocks',
  raiseAfterMs: 600_000,
  causes: ['clock-off', 'route-lost'],
  judge(clocks) {
    return clocks.flatMap(({ name, isSynchronised, keptBy = 'the kernel', isUnknown }): Condition[] => {
      if (isUnknown) {
        const summary = `nothing says whether the clock of ${name} is kept: no program here asks the kernel`;
        return [{ subject: name, severity: 'notice', summary }];
      }
      if (isSynchronised !== false) return [];
      return [{ subject: name, severity: 'warning', summary: `${keptBy} says that the clock of ${name} is not kept` }];
    });
  },
});
