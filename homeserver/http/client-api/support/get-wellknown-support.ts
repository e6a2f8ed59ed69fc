import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whom people can ask for help, as the configuration says. Error: M_NOT_FOUND when it says nothing.
 * https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixsupport
 */
export const getWellknownSupport = defineEndpoint({
  operation: 'getWellknownSupport',
  method: 'GET',
  path: '/.well-known/matrix/support',
  authentication: 'none',
  handle(context) {
    const { page, adminUserId, adminEmail, securityEmail } = context.config.support;
    const admin = {
      ...(adminUserId !== undefined && { matrix_id: adminUserId }),
      ...(adminEmail !== undefined && { email_address: adminEmail }),
    };
    const contacts = [
      ...(Object.keys(admin).length > 0 ? [{ ...admin, role: 'm.role.admin' }] : []),
      ...(securityEmail === undefined ? [] : [{ email_address: securityEmail, role: 'm.role.security' }]),
    ];
    if (contacts.length === 0 && page === undefined) {
      throw new MatrixError('M_NOT_FOUND', 'This server does not say whom to ask');
    }
    return { ...(contacts.length > 0 && { contacts }), ...(page !== undefined && { support_page: page }) };
  },
});
