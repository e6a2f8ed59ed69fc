import { askMonitor } from '../administration/monitor/ask-monitor.ts';
import { describeMonitor } from '../administration/monitor/describe-monitor.ts';
import { planOverride } from '../administration/monitor/plan-override.ts';
import { type Command, CommandError } from './command.ts';
import { formatTime } from './format-times.ts';
import { configOptions } from './load-command-config.ts';
import { readOne, readOperator, readTime } from './read-operator-input.ts';
import { withContext } from './with-context.ts';
import { withRecord } from './with-record.ts';

interface Duty {
  readonly watches: boolean;
  readonly on_duty: readonly string[];
  readonly shifts: readonly Shift[];
  readonly overrides: readonly (Shift & { readonly id: string; readonly by: string })[];
}
interface Shift {
  readonly person: string;
  readonly from_ts: number;
  readonly to_ts: number;
}

const done = 'The monitor does it within five seconds.';

export const monitorDutyCommand: Command = {
  summary: 'Show who is on call, who will be, and who stands in.',
  options: configOptions,
  run(input, terminal) {
    return withContext(input, async (context) => {
      const duty = (await describeMonitor(context)) as Duty | undefined;
      if (!duty) throw new CommandError('No monitor has ever watched this server.');
      if (!duty.watches) terminal.print('No monitor watches now: this is what the last one knew.');
      terminal.print(`called first, then the others: ${duty.on_duty.join(', ') || 'nobody'}`);
      for (const shift of duty.shifts) terminal.print(`  ${formatShift(shift)}`);
      if (duty.overrides.length > 0) terminal.print('standing in, by whom, and the id to end it');
      for (const each of duty.overrides) terminal.print(`  ${formatShift(each)}  ${each.by}  ${each.id}`);
      return 0;
    });
  },
};

function formatShift({ person, from_ts: fromMs, to_ts: toMs }: Shift): string {
  return `${formatTime(fromMs)} to ${formatTime(toMs)}  ${person}`;
}

export const monitorOverrideCommand: Command = {
  summary: 'Let somebody of the on-call roster stand in.',
  usage: 'PERSON',
  options: {
    ...configOptions,
    from: { type: 'string', help: 'From when, such as 2026-12-24T18:00:00+01:00; now, where it is not given.' },
    until: { type: 'string', help: 'Until when, at most three months later.' },
  },
  run(input, terminal) {
    const person = readOne(input, 'Name one person of monitor.paging.people.');
    const toMs = readTime(input, 'until');
    if (toMs === undefined) throw new CommandError('Say until when: --until 2026-12-26T09:00:00+01:00');
    const from = readTime(input, 'from');
    return withRecord(input, { operation: 'overrideRoster', target: person }, async (context) => {
      const fromMs = from ?? context.clock.wallMs();
      await planOverride(context, { by: readOperator(), person, fromMs, toMs });
      terminal.print(`${person} stands in ${formatTime(fromMs)} to ${formatTime(toMs)}. ${done}`);
      return 0;
    });
  },
};

export const monitorEndOverrideCommand: Command = {
  summary: 'End a standing in before its time; `monitor duty` shows the ids.',
  usage: 'ID',
  options: configOptions,
  run(input, terminal) {
    const id = readOne(input, 'Name one by its id: `holdfast monitor duty` shows them.');
    return withRecord(input, { operation: 'endOverride', target: id }, async (context) => {
      const { overrides } = ((await describeMonitor(context)) ?? { overrides: [] }) as unknown as Duty;
      if (!overrides.some((each) => each.id === id)) throw new CommandError(`No standing in has the id ${id}.`);
      await askMonitor(context, { kind: 'end-override', by: readOperator(), id });
      terminal.print(`It ends. ${done}`);
      return 0;
    });
  },
};
