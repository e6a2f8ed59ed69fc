/** Somebody on IRC, as far as the network tells. */
export interface IrcPerson {
  readonly nick: string;
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  /** Logged in to services as; undefined when it is not known or there is none. */
  readonly account?: string | undefined;
}

export interface IrcMessage extends IrcPerson {
  readonly kind: 'message';
  /**
   * Its msgid; without one, of a played-back message a digest of its time, place and words, and of any other the
   * connection's epoch and a counter. No other message of the network ever has it.
   */
  readonly identity: string;
  /** The channel; undefined of a private message. */
  readonly channel: string | undefined;
  /** The Matrix user to whom a private message is; undefined when it is to the bot. */
  readonly toUser: string | undefined;
  readonly form: 'message' | 'notice' | 'action';
  /** With IRC's formatting, without CR, LF and NUL. */
  readonly text: string;
  /** When it was said, as the network or else this machine says. */
  readonly saidAtMs: number;
  /** The identity of the message that it answers, where the network tells. */
  readonly answers?: string | undefined;
  /** Only to those of a channel with this flag or higher (STATUSMSG), such as `@`. */
  readonly onlyFor?: string | undefined;
}

/** A flag set or taken; `mode` is one letter. */
export interface ModeChange {
  readonly mode: string;
  readonly isSet: boolean;
  readonly parameter?: string;
}

/**
 * What is told of a network. What happens in channels comes from the bot's connection alone, so once, in the order in
 * which the bot saw it; private messages and invitations come from the connection of whom they are to.
 */
export type IrcEvent =
  | IrcMessage
  | ({ readonly kind: 'join'; readonly channel: string; readonly realname?: string | undefined } & IrcPerson)
  | ({ readonly kind: 'part'; readonly channel: string; readonly reason: string } & IrcPerson)
  | {
      readonly kind: 'kick';
      readonly channel: string;
      readonly nick: string;
      readonly by: string;
      readonly reason: string;
    }
  /** `isSplit` is always false: who left by a netsplit is in that event. `channels`: where the bot saw them. */
  | {
      readonly kind: 'quit';
      readonly nick: string;
      readonly reason: string;
      readonly isSplit: boolean;
      readonly channels: readonly string[];
    }
  /** Servers lost each other. One event, however many people it took; they are expected back. */
  | { readonly kind: 'netsplit'; readonly people: readonly SplitPerson[]; readonly reason: string }
  /** Who had left by a netsplit is back. */
  | { readonly kind: 'netjoin'; readonly people: readonly SplitPerson[] }
  | {
      readonly kind: 'nick';
      readonly nick: string;
      readonly newNick: string;
      readonly channels: readonly string[];
    }
  /** Only where the network offers message-tags; `about` is the identity of a message. */
  | {
      readonly kind: 'reaction';
      readonly channel: string;
      readonly nick: string;
      readonly about: string;
      readonly key: string;
    }
  /** Only where the network offers draft/message-redaction, and has allowed it. */
  | {
      readonly kind: 'redaction';
      readonly channel: string;
      readonly nick: string;
      readonly about: string;
      readonly reason: string;
    }
  | { readonly kind: 'topic'; readonly channel: string; readonly nick: string; readonly topic: string }
  /** The bot knows everybody in a channel: after its join, and after it came back. */
  | { readonly kind: 'members'; readonly channel: string }
  | {
      readonly kind: 'mode';
      readonly channel: string;
      /** '' when the network told on request which modes are set. */
      readonly by: string;
      readonly changes: readonly ModeChange[];
    }
  /** `message` undefined: back. Only where the network offers away-notify. */
  | { readonly kind: 'away'; readonly nick: string; readonly message: string | undefined }
  | { readonly kind: 'invite'; readonly channel: string; readonly by: string; readonly toUser: string | undefined }
  /** The bot, or a Matrix user, is out of a channel against its will and cannot return; in words. */
  | {
      readonly kind: 'channel_lost';
      readonly channel: string;
      readonly userId: string | undefined;
      readonly why: string;
    }
  /** A Matrix user's connection ended; it is made again by itself unless `isFinal`. */
  | { readonly kind: 'user_disconnected'; readonly userId: string; readonly reason: string; readonly isFinal: boolean }
  /** The bot is on the network. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected'; readonly reason: string };

export interface SplitPerson {
  readonly nick: string;
  /** Where the bot saw them leave or come. */
  readonly channels: readonly string[];
}
