import { defineRule } from '../rule.ts';

/** It is right still, and nothing keeps it so. */
export const clockUnkept = defineRule({
  name: 'clock-unkept',
  title: 'Nothing keeps a clock right',
  severities: ['warning'],
  source: 'clocks',
  raiseAfterMs: 600_000,
  causes: ['clock-off', 'route-lost'],
  judge(clocks) {
    return clocks
      .filter(({ isSynchronised }) => isSynchronised === false)
      .map(({ name, keptBy = 'the kernel' }) => {
        return { subject: name, severity: 'warning', summary: `${keptBy} says that the clock of ${name} is not kept` };
      });
  },
});
