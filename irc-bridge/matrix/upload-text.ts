import type { MatrixClient } from './matrix-client.ts';

const longestTextBytes = 256 * 1024;

/** Stores a text as a file; gives its `mxc://` address. */
export async function uploadText(client: MatrixClient, text: string): Promise<string> {
  const bytes = Buffer.from(text).subarray(0, longestTextBytes);
  const { content_uri } = await client.request<{ content_uri: string }>({
    method: 'POST',
    path: 'media/v3/upload',
    query: { filename: 'message.txt' },
    text: bytes.toString(),
  });
  return content_uri;
}
