import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { PageMessage } from './page-message.ts';

/** A way to reach somebody. */
export interface Notifier {
  /** It rings: what can wait until the morning does not go over it. */
  readonly isLoud: boolean;
  /**
   * Hands the message to the provider. Resolves only when the provider says that it has taken it, in the words in which
   * that provider says so; else throws NotifyError, or what the deadline aborts with.
   */
  send(message: PageMessage, address: string, deadline: Deadline): Promise<void>;
  /** It takes for over what is not said again and again. */
  readonly forgets?: true;
  /** Tells the provider, who calls people by itself, that somebody has taken the incident. Resolves as `send` does. */
  acknowledge?(message: PageMessage, address: string, deadline: Deadline): Promise<void>;
}

/** The provider did not take the message; the text is for the person who looks why. */
export class NotifyError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'NotifyError';
  }
}
