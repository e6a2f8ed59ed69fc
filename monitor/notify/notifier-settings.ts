/** The notifiers of the configuration, by their kinds. Names are those of the file. */
export type NotifierSettings =
  | SmtpSettings
  | TwilioSettings
  | { readonly kind: 'ntfy'; readonly url: string; readonly token?: string }
  | { readonly kind: 'slack' }
  | { readonly kind: 'matrix'; readonly url: string; readonly access_token: string }
  | { readonly kind: 'webhook'; readonly secret?: string }
  | { readonly kind: 'pagerduty'; readonly url?: string; readonly webhook_secret?: string }
  | { readonly kind: 'alertmanager' };

export interface SmtpSettings {
  readonly kind: 'smtp';
  readonly host: string;
  readonly port?: number;
  /** `tls` from the first byte, `starttls` or nothing else, `none` for a server on this machine. */
  readonly encryption?: 'tls' | 'starttls' | 'none';
  readonly user?: string;
  readonly password?: string;
  readonly from: string;
  /** Where answers go: a mailbox whose provider hands what comes to the monitor's `/replies/email`. */
  readonly reply_to?: string;
  /** What that provider has to say in `Authorization`, as a bearer token. */
  readonly reply_secret?: string;
}

/** https://www.twilio.com/docs/usage/api, or a provider that answers as Twilio does. */
export interface TwilioSettings {
  readonly kind: 'sms' | 'voice';
  readonly url?: string;
  readonly account: string;
  readonly token: string;
  readonly from: string;
  /** The provider hands answers to the monitor's `/replies/sms`. */
  readonly replies?: boolean;
}
