import { defineEndpoint } from '../endpoint.ts';
import { bytesReply } from '../reply.ts';
import { plainText } from '../schemas.ts';

/**
 * An address as a QR code (SVG). Black on white whatever the page's colours are: phones read it more surely.
 */
export const getQrCode = defineEndpoint({
  operation: 'getQrCode',
  method: 'GET',
  path: '/_holdfast/v1/qr-code',
  authentication: 'none',
  query: {
    type: 'object',
    properties: { text: { ...plainText(1_000), minLength: 1 } },
    required: ['text'],
  },
  async handle(_context, { query }) {
    // Loaded when somebody first looks at one.
    const { default: qrcode } = await import('qrcode');
    const svg = await qrcode.toString(query.text, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
    return bytesReply(Buffer.from(svg), {
      'Content-Type': 'image/svg+xml',
      'Content-Security-Policy': "default-src 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'private, max-age=3600',
    });
  },
});
