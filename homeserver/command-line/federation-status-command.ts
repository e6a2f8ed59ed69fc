import type { OriginStatus } from '../federation/describe-origins.ts';
import type { DestinationStatus } from '../federation/destination-status.ts';
import { readFederationStatus } from '../federation/federation-status.ts';
import { type Noted, refusedOutcomes } from '../federation/origin-records.ts';
import type { Command } from './command.ts';
import { formatSpan, formatTime } from './format-times.ts';
import { configOptions } from './load-command-config.ts';
import { withContext } from './with-context.ts';

export const federationStatusCommand: Command = {
  summary: 'Show what waits for other servers, since when and why, and what they have sent.',
  options: {
    ...configOptions,
    all: { type: 'boolean', help: 'Also the servers for which nothing waits.' },
  },
  async run(input, terminal) {
    return withContext(input, async (context) => {
      const { destinations, origins } = await readFederationStatus(context);
      const waiting = destinations.filter(({ state }) => state !== 'idle');
      terminal.print(`sent to: ${destinations.length} servers, ${waiting.length} with something that waits`);
      const told = destinations.filter(
        ({ state, dropped, setAside }) => state !== 'idle' || dropped > 0 || setAside > 0,
      );
      const shown = input.options['all'] === true ? destinations : told;
      for (const destination of shown) terminal.print(formatDestination(destination));
      terminal.print(`received from: ${origins.length} servers lately`);
      for (const origin of origins) terminal.print(formatOrigin(origin));
      return 0;
    });
  },
};

function formatDestination(destination: DestinationStatus): string {
  const { server, state, queued, waitingMs, retryInMs, lastSuccessTs, lastError, dropped, lastDropped } = destination;
  const { waitingEvents, waitingMessages, setAside, lastSetAside } = destination;
  const parts = [
    server,
    state === 'idle' ? 'has everything' : `${state} for ${formatSpan(waitingMs)}`,
    ...(queued > 0 ? [`${queued} in memory`] : []),
    ...(waitingEvents ? [`${waitingEvents}${waitingEvents < 1_000 ? '' : ' or more'} events wait`] : []),
    ...(waitingMessages > 0 ? [`${waitingMessages} messages to devices`] : []),
    ...(retryInMs === null ? [] : [`tried again in ${formatSpan(retryInMs)}`]),
    lastSuccessTs === null ? 'no success known' : `last success ${formatTime(lastSuccessTs)}`,
    ...(lastError === null ? [] : [lastError]),
    ...(dropped === 0 ? [] : [`refused for good and not sent again: ${dropped}, the last one ${lastDropped ?? ''}`]),
    ...(setAside === 0
      ? []
      : [`messages to devices refused and tried again later: ${setAside}, the last one ${lastSetAside ?? ''}`]),
  ];
  return `  ${parts.join('  ')}`;
}

function formatOrigin(origin: OriginStatus): string {
  const { server, waiting, oldestWaitingMs, transactions, pdus, edus, lastReceivedTs, outcomes } = origin;
  const refused = refusedOutcomes.flatMap((outcome) => (outcomes[outcome] ? `${outcomes[outcome]} ${outcome}` : []));
  const parts = [
    server,
    `${transactions} transactions, ${pdus} events, ${edus} EDUs`,
    ...(waiting > 0 ? [`${waiting} wait, the oldest for ${formatSpan(oldestWaitingMs)}`] : []),
    lastReceivedTs === null ? 'none taken in yet' : `last ${formatTime(lastReceivedTs)}`,
    ...(refused.length === 0 ? [] : [`not taken: ${refused.join(', ')}`]),
    ...formatNoted('last not taken', origin.lastRefusal),
    ...(origin.refusedRequests === 0 ? [] : [`${origin.refusedRequests} requests in its name refused`]),
    ...formatNoted('last refused', origin.lastRefusedRequest),
    ...formatNoted('last transaction failed', origin.lastProblem),
  ];
  return `  ${parts.join('  ')}`;
}

function formatNoted(what: string, noted: Noted | null): string[] {
  return noted ? [`${what} ${formatTime(noted.atMs)}: ${noted.text}`] : [];
}
