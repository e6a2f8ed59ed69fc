import type { RawReply } from './send-raw-request.ts';

/** Another server that the request named cannot be asked, or the database cannot. */
const elsewhere: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * What is wrong with a reply to a hostile request, or undefined. Every error has a code of the specification; 500 is
 * always a bug. https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export function judgeReply(reply: RawReply, mayBeSilent: boolean): string | undefined {
  const { status, body } = reply;
  if (status === undefined) return mayBeSilent ? undefined : 'no reply';
  if (status >= 500 && !elsewhere.has(status)) return `status ${status}: ${body.slice(0, 300)}`;
  // The HTTP parser's own refusals have no body.
  if (status < 400 || body === '') return undefined;
  const json = body.replace(/^[0-9a-f]+\r\n/, '').replace(/\r\n0\r\n\r\n$/, '');
  try {
    const { errcode, flows } = JSON.parse(json) as { errcode?: unknown; flows?: unknown };
    if (typeof errcode === 'string' || (status === 401 && Array.isArray(flows))) return undefined;
  } catch {
    // Told below.
  }
  return `status ${status} without an error code: ${body.slice(0, 300)}`;
}
