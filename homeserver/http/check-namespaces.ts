import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { ApplicationService } from '../appservices/registrations/application-service.ts';
import { applicationServices } from '../appservices/registrations/application-services.ts';
import type { Context } from '../platform/context.ts';

/** Throws M_EXCLUSIVE where an application service other than `but` has the user id for itself. */
export function checkNobodysUser(context: Context, userId: string, but?: ApplicationService): void {
  if (!applicationServices.of(context).findOwnerOfUser(userId, but)) return;
  throw new MatrixError('M_EXCLUSIVE', 'This user id is reserved by an application service');
}

/** Throws M_EXCLUSIVE where an application service other than `but` has the room alias for itself. */
export function checkNobodysAlias(context: Context, alias: string, but?: ApplicationService): void {
  if (!applicationServices.of(context).findOwnerOfAlias(alias, but)) return;
  throw new MatrixError('M_EXCLUSIVE', 'This room alias is reserved by an application service');
}
