import { type AppserviceStatus, readAppserviceStatuses } from '../appservices/delivery/appservice-status.ts';
import { setAppservicePaused, skipAppserviceEvents } from '../appservices/delivery/control-appservice.ts';
import { type Command, CommandError, type CommandInput } from './command.ts';
import { formatSpan, formatTime } from './format-times.ts';
import { configOptions } from './load-command-config.ts';
import { withContext } from './with-context.ts';
import { withRecord } from './with-record.ts';

export const appserviceStatusCommand: Command = {
  summary: 'Show what waits for application services, since when and why.',
  options: configOptions,
  async run(input, terminal) {
    return withContext(input, async (context) => {
      const statuses = await readAppserviceStatuses(context);
      terminal.print(`${statuses.length} application services`);
      for (const status of statuses) terminal.print(formatStatus(status));
      return 0;
    });
  },
};

function formatStatus(status: AppserviceStatus): string {
  const { id, state, queued, entriesBehind, oldestMs, failures, retryInMs, lastSuccessTs, lastError } = status;
  const parts = [
    id,
    status.pausedBy === 'itself' ? 'paused by itself' : state,
    ...(queued > 0 ? [`${queued} events on their way`] : []),
    ...(oldestMs === null ? [] : [`oldest for ${formatSpan(oldestMs)}`]),
    ...(entriesBehind > 0 ? [`${entriesBehind} entries of the log behind it`] : []),
    ...(failures > 0 ? [`failed ${failures} times`] : []),
    ...(retryInMs === null ? [] : [`tried again in ${formatSpan(retryInMs)}`]),
    lastSuccessTs === null ? 'no success known' : `last success ${formatTime(lastSuccessTs)}`,
    ...(lastError === null ? [] : [lastError]),
  ];
  return `  ${parts.join('  ')}`;
}

function pausingCommand(isPaused: boolean, summary: string, done: string): Command {
  return {
    summary,
    usage: 'ID',
    options: configOptions,
    async run(input, terminal) {
      const id = readId(input);
      return withRecord(
        input,
        { operation: isPaused ? 'pauseAppservice' : 'resumeAppservice', target: id },
        async (context) => {
          await setAppservicePaused(context, id, isPaused);
          terminal.print(done);
          return 0;
        },
      );
    },
  };
}

export const appservicePauseCommand = pausingCommand(
  true,
  'Send nothing to an application service until it is resumed.',
  'Paused. What is for it waits.',
);

export const appserviceResumeCommand = pausingCommand(
  false,
  'Send to an application service again, at once.',
  'Resumed.',
);

export const appserviceSkipCommand: Command = {
  summary: 'Pass over an event that an application service cannot take.',
  usage: 'ID',
  options: {
    ...configOptions,
    event: { type: 'string', help: 'The event; without it, the whole transaction that is on its way.' },
  },
  async run(input, terminal) {
    const id = readId(input);
    const { event } = input.options;
    return withRecord(input, { operation: 'skipAppserviceEvents', target: id }, async (context) => {
      const skipped = await skipAppserviceEvents(context, id, typeof event === 'string' ? [event] : 'all');
      terminal.print(`Passed over and recorded: ${skipped.length === 0 ? 'what was no event' : skipped.join(', ')}`);
      return 0;
    });
  },
};

function readId({ words }: CommandInput): string {
  const [id, ...more] = words;
  if (id === undefined || more.length > 0) throw new CommandError('Name one application service by its id.');
  return id;
}
