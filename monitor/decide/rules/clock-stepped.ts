import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const leastStepMs = 1_000;
const rememberedMs = 600_000;

/** A clock jumped: by a hand, by a time source, or because the machine stood still. */
export const clockStepped = defineRule({
  name: 'clock-stepped',
  title: 'A clock has jumped',
  severities: ['warning'],
  source: 'clocks',
  raiseAfterMs: 0,
  causes: [{ rule: 'clock-off', explains: (cause, symptom) => cause.subject === symptom.subject }],
  judge(clocks) {
    return clocks.flatMap(({ name, step }) => {
      if (!step || Math.abs(step.byMs) < leastStepMs || step.agoMs > rememberedMs) return [];
      const way = step.byMs > 0 ? 'forwards' : 'back';
      const summary = `the clock of ${name} jumped ${formatDuration(step.byMs)} ${way}`;
      return [{ subject: name, severity: 'warning', summary }];
    });
  },
});
