import type { Severity } from '../decide/rule.ts';

/** What a person, or a place where the team looks, is told. */
export interface PageMessage {
  /** Its own: a repetition of the same message has the same, so that a provider can drop it. */
  readonly id: string;
  /** What the messages of one incident have in common. */
  readonly incident: string;
  readonly kind: 'page' | 'warning' | 'all-clear' | 'test';
  readonly severity: Severity;
  readonly losesData: boolean;
  /** Of the homeserver. */
  readonly serverName: string;
  readonly headline: string;
  readonly symptoms: readonly string[];
  readonly openedMs: number;
  /** Where it is acknowledged; only in what goes to one person. */
  readonly acknowledgeUrl?: string | undefined;
  /** Whoever sends it back takes the incident; only in what goes to one person. */
  readonly replyCode?: string | undefined;
  /** What to do. */
  readonly guideUrl?: string | undefined;
}

const shortLength = 300;
const mostSymptoms = 10;

/** One line: for subjects, and for screens that are locked. */
export function formatTitle({ kind, serverName, headline, losesData }: PageMessage): string {
  const words: Readonly<Record<PageMessage['kind'], string>> = {
    page: losesData ? 'DATA IS BEING LOST' : 'ALARM',
    warning: 'Warning',
    'all-clear': 'Over',
    test: 'Test, nothing is wrong',
  };
  return oneLine(`${words[kind]} ${serverName}: ${headline}`).slice(0, shortLength);
}

/** What a text message has room for. */
export function formatShort(message: PageMessage): string {
  const { acknowledgeUrl, symptoms } = message;
  const more = symptoms.length > 0 ? ` (and ${symptoms.length} more)` : '';
  const link = acknowledgeUrl === undefined ? '' : `\nI take it: ${acknowledgeUrl}`;
  return `${formatTitle(message)}${more}${link}`;
}

export function formatText(message: PageMessage): string {
  const { symptoms, openedMs, acknowledgeUrl, guideUrl, incident } = message;
  const shown = symptoms.slice(0, mostSymptoms);
  const rest = symptoms.length - shown.length;
  return [
    formatTitle(message),
    '',
    `Since ${new Date(openedMs).toISOString()} (${incident})`,
    ...(shown.length > 0 ? ['', 'With it:', ...shown.map((each) => `- ${oneLine(each)}`)] : []),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
    ...(acknowledgeUrl === undefined ? [] : ['', `I take it: ${acknowledgeUrl}`]),
    ...(guideUrl === undefined ? [] : [`What to do: ${guideUrl}`]),
  ].join('\n');
}

/** Summaries have words of other programs in them: nothing of those may begin a line of its own. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
