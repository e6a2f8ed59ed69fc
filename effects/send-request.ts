import type { Deadline } from './deadline.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: string;
}

export type SendRequest = (request: HttpRequest, deadline: Deadline, maxBodyBytes?: number) => Promise<HttpAnswer>;

/**
 * Gives what sends one request. The deadline covers all of it, from connecting to the last byte of the answer, whose size
 * is bounded too, by `defaultMaxBodyBytes` unless a call says otherwise. Redirections are not followed: what is said to one
 * address is not for others.
 */
export function makeSendRequest(defaultMaxBodyBytes: number): SendRequest {
  return async (request, deadline, maxBodyBytes = defaultMaxBodyBytes) => {
    const response = await fetch(request.url, {
      method: request.method,
      ...(request.headers && { headers: { ...request.headers } }),
      ...(request.body !== undefined && { body: request.body }),
      redirect: 'manual',
      signal: deadline.signal,
    });
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of response.body ?? []) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBodyBytes) throw new Error('the answer is too large');
      chunks.push(chunk);
    }
    const { status, headers } = response;
    return { status, header: (name) => headers.get(name), body: Buffer.concat(chunks).toString() };
  };
}
