import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Flow, StageChecks } from '../../../accounts/interactive-authentication/stage.ts';
import { holdRegistrationToken } from '../../../accounts/registration-tokens.ts';
import type { Context } from '../../../platform/context.ts';

/** What people have to do to register, as the configuration says. Throws M_FORBIDDEN when they cannot. */
export function registrationFlows(context: Context): { flows: Flow[]; params: JsonObject } {
  const { mode, terms } = context.config.registration;
  checkRegistrationIsOpen(context);
  const stage = mode === 'open' ? 'm.login.dummy' : 'm.login.registration_token';
  if (terms.url === undefined) return { flows: [[stage]], params: {} };
  const policy = { version: terms.version, en: { name: terms.name, url: terms.url } };
  return { flows: [['m.login.terms', stage]], params: { 'm.login.terms': { policies: { terms: policy } } } };
}

export function checkRegistrationIsOpen(context: Context): void {
  if (context.config.registration.mode === 'closed') throw new MatrixError('M_FORBIDDEN', 'Registration is disabled');
}

export function registrationChecks(context: Context): StageChecks {
  return {
    'm.login.dummy': async () => {},
    // Sending the stage means having agreed.
    'm.login.terms': async () => {},
    'm.login.registration_token': async (auth, sessionId) => {
      const { token } = auth;
      if (typeof token !== 'string') throw new MatrixError('M_BAD_JSON', 'auth.token must be string');
      if (await holdRegistrationToken(context, token, sessionId)) return;
      throw new MatrixError('M_UNAUTHORIZED', 'This registration token is not valid (any more)');
    },
  };
}
