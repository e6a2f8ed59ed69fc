import type { Context } from '../platform/context.ts';
import { AppserviceSender } from './delivery/appservice-sender.ts';
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
  const sender = new AppserviceSender(context);
  sender.start();
  return {
    async close() {
      folder.close();
      await sender.close();
    },
  };
}
