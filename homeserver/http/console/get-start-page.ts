import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../endpoint.ts';
import { consoleFileReply } from './console-files.ts';

/** The page at the server's address: what it is, how to connect, and what administrators look after. */
export const getStartPage = defineEndpoint({
  operation: 'getStartPage',
  method: 'GET',
  path: '/',
  authentication: 'none',
  handle: (_context, request) => findConsoleFile('index.html', request.header('if-none-match')),
});

/** What that page is made of. Error: M_NOT_FOUND. */
export const getConsoleFile = defineEndpoint({
  operation: 'getConsoleFile',
  method: 'GET',
  path: '/console/{file}',
  authentication: 'none',
  handle: (_context, request) => findConsoleFile(request.params.file, request.header('if-none-match')),
});

function findConsoleFile(name: string, known: string | undefined) {
  const reply = consoleFileReply(name, known);
  if (!reply) throw new MatrixError('M_NOT_FOUND', 'There is no such file');
  return reply;
}
