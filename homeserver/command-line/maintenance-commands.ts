import { askMonitor } from '../administration/monitor/ask-monitor.ts';
import { describeMonitor } from '../administration/monitor/describe-monitor.ts';
import { planMaintenance } from '../administration/monitor/plan-maintenance.ts';
import { type Command, CommandError } from './command.ts';
import { formatTime } from './format-times.ts';
import { configOptions } from './load-command-config.ts';
import { readOne, readOperator, readTime } from './read-operator-input.ts';
import { withContext } from './with-context.ts';
import { withRecord } from './with-record.ts';

interface Planned {
  readonly watches: boolean;
  readonly silences: readonly {
    readonly id: string;
    readonly from_ts: number;
    readonly until_ts: number;
    readonly rules: readonly string[];
    readonly by: string;
    readonly reason: string;
  }[];
}

const done = 'The monitor does it within five seconds.';
const formatRules = (rules: readonly string[]) => rules.join(', ') || 'all alerts';

export const maintenanceListCommand: Command = {
  summary: 'Show planned maintenance, during which alerts wake nobody, and what is silenced now.',
  options: configOptions,
  run(input, terminal) {
    return withContext(input, async (context) => {
      const monitor = (await describeMonitor(context)) as unknown as Planned | undefined;
      if (!monitor) throw new CommandError('No monitor has ever watched this server.');
      if (!monitor.watches) terminal.print('No monitor watches now: this is what the last one knew.');
      if (monitor.silences.length === 0)
        terminal.print('nothing is planned or silenced, besides what holdfast.yaml says');
      for (const { id, from_ts: fromMs, until_ts: toMs, rules, by, reason } of monitor.silences) {
        terminal.print(`${id}  ${formatTime(fromMs)} to ${formatTime(toMs)}  ${formatRules(rules)}`);
        terminal.print(`  ${reason} (${by})`);
      }
      return 0;
    });
  },
};

export const maintenanceAddCommand: Command = {
  summary: 'Plan work: alerts that it is expected to raise wake nobody, but that data is being lost always does.',
  usage: '[ALERT...]',
  options: {
    ...configOptions,
    from: { type: 'string', help: 'From when, such as 2026-12-01T22:00:00+01:00; now, where it is not given.' },
    until: { type: 'string', help: 'Until when, at most a week later.' },
    reason: { type: 'string', help: 'Why, for whoever looks at it later.' },
  },
  run(input, terminal) {
    const { words: rules } = input;
    const { reason } = input.options;
    const toMs = readTime(input, 'until');
    if (toMs === undefined) throw new CommandError('Say until when: --until 2026-12-01T23:00:00+01:00');
    if (typeof reason !== 'string' || reason.trim() === '') throw new CommandError('Say why: --reason "new disks"');
    const from = readTime(input, 'from');
    return withRecord(input, { operation: 'planMaintenance', target: rules.join(' ') }, async (context) => {
      const fromMs = from ?? context.clock.wallMs();
      await planMaintenance(context, { by: readOperator(), rules, fromMs, toMs, reason: reason.trim().slice(0, 500) });
      terminal.print(`${formatTime(fromMs)} to ${formatTime(toMs)}: ${formatRules(rules)} wake nobody. ${done}`);
      return 0;
    });
  },
};

export const maintenanceRemoveCommand: Command = {
  summary: 'Take planned maintenance away, or end it before its time; `maintenance list` shows the ids.',
  usage: 'ID',
  options: configOptions,
  run(input, terminal) {
    const id = readOne(input, 'Name one by its id: `holdfast maintenance list` shows them.');
    return withRecord(input, { operation: 'endMaintenance', target: id }, async (context) => {
      const { silences } = ((await describeMonitor(context)) ?? { silences: [] }) as unknown as Planned;
      if (!silences.some((each) => each.id === id)) throw new CommandError(`Nothing that is planned has the id ${id}.`);
      await askMonitor(context, { kind: 'end-silence', by: readOperator(), id });
      terminal.print(`It ends. ${done}`);
      return 0;
    });
  },
};
