import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import type { HttpServer } from './http-server.ts';
import { ReceivedRequest } from './received-request.ts';

function received(remoteAddress: string | undefined, ip: () => string): ReceivedRequest {
  const request = {
    raw: { socket: { remoteAddress } },
    get ip() {
      return ip();
    },
  };
  return new ReceivedRequest(request as unknown as FastifyRequest, {} as never, {} as HttpServer);
}

test('a client that was gone at once has an address to count by all the same', () => {
  const readHeaders = () => {
    throw new TypeError('no address');
  };
  assert.equal(received(undefined, readHeaders).clientAddress, 'gone');
});

test('an address that a proxy tells is kept within its bound', () => {
  assert.equal(received('127.0.0.1', () => '2001:db8::1').clientAddress, '2001:db8::1');
  assert.equal(received('127.0.0.1', () => 'x'.repeat(10_000)).clientAddress.length, 64);
});
