import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** No canary arrives in one direction. Each direction is judged by itself: one may work while the other does not. */
export const bridgeSilent = defineRule({
  name: 'bridge-silent',
  title: 'A bridge is silent in one direction',
  severities: ['page', 'warning'],
  source: 'bridges',
  raiseAfterMs: 0,
  clearAfterMs: 15_000,
  causes: [
    ...[{ rule: 'route-lost' }, { rule: 'address-lost' }, { rule: 'peer-unreachable' }, { rule: 'database-down' }],
    ...[{ rule: 'writes-refused' }, { rule: 'write-probe-refused' }, { rule: 'process-silent' }],
    { rule: 'bridge-stuck', explains: (cause, symptom) => cause.subject === symptom.subject },
  ],
  judge(bridges) {
    return bridges.flatMap(({ name, direction, canaryAgeMs, toldAfterMs, allowedSilenceMs, isPaused }) => {
      if (canaryAgeMs === undefined || canaryAgeMs < (toldAfterMs ?? allowedSilenceMs) || isPaused) return [];
      const summary = `nothing has come through ${name} ${direction} for ${formatDuration(canaryAgeMs)}`;
      return [
        { subject: `${name} ${direction}`, severity: canaryAgeMs >= allowedSilenceMs ? 'page' : 'warning', summary },
      ];
    });
  },
});
