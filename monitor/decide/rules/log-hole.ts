import { defineRule } from '../rule.ts';

/** Positions of the log have no holes; one means that something acknowledged may be gone. */
export const logHole = defineRule({
  name: 'log-hole',
  title: 'The log has a hole',
  severities: ['page'],
  losesData: true,
  source: 'processes',
  raiseAfterMs: 0,
  clearAfterMs: 600_000,
  judge(processes) {
    return processes.flatMap(({ name, logHoles = 0 }) => {
      if (logHoles === 0) return [];
      const summary = `${name} found a hole in the log, ${logHoles} times since it started`;
      return [{ subject: name, severity: 'page', summary }];
    });
  },
});
