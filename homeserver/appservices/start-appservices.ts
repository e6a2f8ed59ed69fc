import type { Context } from '../platform/context.ts';
import { applicationServices } from './registrations/application-services.ts';
import { RegistrationFolder } from './registrations/registration-folder.ts';

export interface StartedAppservices {
  close(): Promise<void>;
}

/** Starts what a process does for application services: it reads their registrations, and sends to those it owns. */
export async function startAppservices(context: Context): Promise<StartedAppservices> {
  const folder = new RegistrationFolder(context);
  await folder.start();
  await applicationServices.of(context).start();
  return {
    async close() {
      folder.close();
    },
  };
}
