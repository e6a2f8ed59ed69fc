/** The network, or a rule of it, does not let something be done; the message is for people. */
export class IrcRefusal extends Error {
  /** The numeric reply, such as `404`, or the code of a standard reply; '' where the connection itself refused. */
  readonly code: string;

  constructor(message: string, code = '') {
    super(message);
    this.name = 'IrcRefusal';
    this.code = code;
  }
}

/**
 * The connection ended, or was not there, or the network was silent until the deadline. `isUnknown`: the line had been
 * written, so it may have arrived all the same. `isExpelled`: the server ended it, and said so.
 */
export class IrcConnectionLost extends Error {
  readonly isUnknown: boolean;
  readonly isExpelled: boolean;

  constructor(message: string, isUnknown: boolean, isExpelled = false) {
    super(message);
    this.name = 'IrcConnectionLost';
    this.isUnknown = isUnknown;
    this.isExpelled = isExpelled;
  }
}

/** The bot is not on the network: what is to be said there waits. */
export class IrcAwayError extends Error {
  constructor(network: string) {
    super(`there is no connection to ${network}`);
    this.name = 'IrcAwayError';
  }
}
