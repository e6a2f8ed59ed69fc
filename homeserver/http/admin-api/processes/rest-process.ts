import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { restProcess as rest } from '../../../administration/processes/rest-process.ts';
import { defineEndpoint } from '../../endpoint.ts';

const processIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Has a process give its shards to the others and take none, until it is told otherwise or started again: before work on
 * its machine. Error: M_NOT_FOUND.
 */
export const restProcess = defineEndpoint({
  operation: 'restProcess',
  method: 'PUT',
  path: '/_holdfast/v1/admin/processes/{processId}/rest',
  authentication: 'admin',
  body: { type: 'object', properties: { rests: { type: 'boolean' } }, required: ['rests'] },
  async handle(context, { params, body }) {
    if (!processIdPattern.test(params.processId)) throw new MatrixError('M_NOT_FOUND', 'There is no such process');
    await rest(context, params.processId, body.rests);
    return { rests: body.rests };
  },
});
