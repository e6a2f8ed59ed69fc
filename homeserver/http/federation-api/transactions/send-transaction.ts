import { receiveTransaction } from '../../../federation/receive-transaction.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { exactTexts } from '../../exact-bodies.ts';

/** 50 events and 100 EDUs of 64 KiB each are about as much. */
const bodyLimitBytes = 10 * 1024 * 1024;

/**
 * Events and EDUs of another server. Answered when they are committed.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1sendtxnid
 */
export const sendTransaction = defineEndpoint({
  operation: 'sendTransaction',
  method: 'PUT',
  path: '/_matrix/federation/v1/send/{txnId}',
  authentication: 'server',
  bodyLimitBytes,
  body: {
    type: 'object',
    properties: {
      pdus: { type: 'array', maxItems: 50 },
      edus: { type: 'array', maxItems: 100 },
    },
    required: ['pdus'],
  },
  async handle(context, { requester, params, body }) {
    const { serverName: origin } = requester;
    const { pdus, edus = [] } = body;
    const pduTexts = exactTexts(body, 'pdus');
    const transaction = { origin, transactionId: params.txnId, pdus, edus, ...(pduTexts && { pduTexts }) };
    return { ...(await receiveTransaction(context, transaction)) };
  },
});
