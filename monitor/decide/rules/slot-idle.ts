import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 24 * 3_600_000;

/** A slot is left over: whoever followed it is gone for good, and the day comes on which what it keeps is too much. */
export const slotIdle = defineRule({
  name: 'slot-idle',
  title: 'Nobody has followed a replication slot for a day',
  severities: ['warning'],
  source: 'postgres',
  clearAfterMs: 120_000,
  causes: ['replica-lost'],
  judge({ primary }) {
    return (primary?.slots ?? []).flatMap(({ name, isActive, inactiveForMs }) => {
      if (isActive || inactiveForMs < warningMs) return [];
      const summary = `nobody has followed the slot ${name} for ${formatDuration(inactiveForMs)}`;
      return [{ subject: name, severity: 'warning', summary }];
    });
  },
});
