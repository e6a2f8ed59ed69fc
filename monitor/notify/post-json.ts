import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { HttpAnswer, SendRequest } from '@holdfast/effects/send-request.ts';
import { NotifyError } from './notifier.ts';

const shownChars = 200;

/** Posts (or puts) JSON and gives the answer if its status is one of `expected`; else NotifyError with what it said. */
export async function postJson(
  send: SendRequest,
  url: string,
  body: unknown,
  deadline: Deadline,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly expected: readonly number[];
  },
): Promise<HttpAnswer> {
  const headers = { 'Content-Type': 'application/json', ...options.headers };
  const request = { method: options.method ?? 'POST', url, headers, body: JSON.stringify(body) };
  return expectStatus(await send(request, deadline), options.expected);
}

export function expectStatus(answer: HttpAnswer, expected: readonly number[]): HttpAnswer {
  if (expected.includes(answer.status)) return answer;
  throw new NotifyError(`answered ${answer.status}: ${answer.body.slice(0, shownChars)}`);
}

/**
 * A field of a JSON answer as text; NotifyError when the answer has none: whatever took the message, it was not the
 * provider.
 */
export function requireField(answer: HttpAnswer, field: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.body);
  } catch {
    throw new NotifyError(`answered ${answer.status} with what is no JSON: ${answer.body.slice(0, shownChars)}`);
  }
  const value = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>)[field] : undefined;
  if (typeof value !== 'string' || value === '') {
    throw new NotifyError(`answered ${answer.status} without "${field}": ${answer.body.slice(0, shownChars)}`);
  }
  return value;
}
