import { createTransport } from 'nodemailer';
import { openBoundedSocket } from '../platform/open-bounded-socket.ts';
import { type Notifier, NotifyError } from './notifier.ts';
import type { SmtpSettings } from './notifier-settings.ts';
import { formatText, formatTitle, type PageMessage } from './page-message.ts';

const defaultPorts = { tls: 465, starttls: 587, none: 25 } as const;
const maxAnswerBytes = 64 * 1024;

/** E-mail. Each message has a connection of its own, which ends with the deadline. */
export function createSmtpNotifier(settings: SmtpSettings): Notifier {
  const { host, encryption = 'starttls', user, password, from, reply_to: replyTo } = settings;
  const place = { host, port: settings.port ?? defaultPorts[encryption] };
  return {
    isLoud: false,
    async send(message, to, deadline) {
      const socket = openBoundedSocket(place, maxAnswerBytes, deadline);
      const remainingMs = deadline.remainingMs();
      const transport = createTransport({
        ...{ ...place, secure: encryption === 'tls', requireTLS: encryption === 'starttls' },
        ...{ ignoreTLS: encryption === 'none', disableFileAccess: true, disableUrlAccess: true },
        ...{ connectionTimeout: remainingMs, greetingTimeout: remainingMs, socketTimeout: remainingMs },
        ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
        getSocket(_options, take) {
          socket.once('connect', () => take(null, { connection: socket }));
          socket.once('error', (error) => take(error, false));
        },
      });
      try {
        const sending = transport.sendMail({
          ...{ from, to, ...(replyTo === undefined ? formatMail(message) : formatAnswerable(message, replyTo)) },
          messageId: `<${toIdPart(message.id)}@${toIdPart(message.serverName)}>`,
          headers: { 'Auto-Submitted': 'auto-generated', Importance: message.kind === 'page' ? 'high' : 'normal' },
        });
        const { accepted } = await deadline.race(sending);
        if (accepted.length === 0) throw new NotifyError('the mail server accepted no recipient');
      } finally {
        socket.destroy();
      }
    },
  };
}

function formatMail(message: PageMessage) {
  return { subject: formatTitle(message), text: formatText(message) };
}

/** Whoever answers it, with whatever words, takes the incident: the code stays in the subject. */
function formatAnswerable(message: PageMessage, replyTo: string) {
  const { subject, text } = formatMail(message);
  const { replyCode } = message;
  if (replyCode === undefined) return { subject, text };
  const hint = 'Answer this e-mail to take it.';
  return { replyTo, subject: `${subject} [${replyCode}]`, text: `${text}\n\n${hint}` };
}

function toIdPart(text: string): string {
  return text.replace(/[^\w.-]/g, '-');
}
