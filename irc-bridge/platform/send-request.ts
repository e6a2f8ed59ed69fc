import type { Deadline } from '@holdfast/effects/deadline.ts';
import { type HttpRequest, makeSendRequest } from '@holdfast/effects/send-request.ts';

/** To the homeserver. */
export const sendRequest = makeSendRequest(8 * 1024 * 1024);

/** An answer whose body is passed on as it comes. */
export interface OpenAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: AsyncIterable<Uint8Array>;
}

export type OpenRequest = (request: HttpRequest, deadline: Deadline) => Promise<OpenAnswer>;

/** As sendRequest, without reading the body, which the deadline covers all the same. */
export const openRequest: OpenRequest = async (request, deadline) => {
  const response = await fetch(request.url, {
    method: request.method,
    ...(request.headers && { headers: { ...request.headers } }),
    redirect: 'follow',
    signal: deadline.signal,
  });
  const { status, headers } = response;
  return { status, header: (name) => headers.get(name), body: response.body ?? (async function* () {})() };
};
