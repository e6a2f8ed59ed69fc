import { defineRule } from '../rule.ts';

/** A process answers and cannot write: it looks well and refuses every message, as in the morning of 12 May 2017. */
export const writesRefused = defineRule({
  name: 'writes-refused',
  title: 'A process cannot write',
  severities: ['page'],
  source: 'processes',
  clearAfterMs: 15_000,
  causes: [
    'database-down',
    { rule: 'process-silent', explains: (cause, symptom) => cause.subject !== symptom.subject },
  ],
  judge(processes) {
    return processes
      .filter(({ silentForMs, ready }) => silentForMs === 0 && ready?.writes === false)
      .map(({ name }) => ({ subject: name, severity: 'page', summary: `${name} answers, and writes to no shard` }));
  },
});
