const bold = '\u0002';
const italic = '\u001d';
const monospace = '\u0011';

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };

/** HTML of a message with IRC's codes; links to users become their nicks, where `nickOf` knows them. */
export function formatForIrc(html: string, nickOf: (userId: string) => string | undefined): string {
  return html
    .replace(/<mx-reply>[\s\S]*?<\/mx-reply>/gi, '')
    .replace(
      /<a\s[^>]*href="https:\/\/matrix\.to\/#\/(@[^"]+)"[^>]*>([\s\S]*?)<\/a>/gi,
      (_, id: string, text: string) => {
        return nickOf(decodeURIComponent(id)) ?? text;
      },
    )
    .replace(/<\/?(b|strong)>/gi, bold)
    .replace(/<\/?(i|em)>/gi, italic)
    .replace(/<\/?code>/gi, monospace)
    .replace(/<br\s*\/?>|<\/(p|li|div|blockquote|h[1-6])>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|amp|quot|apos|nbsp);/g, (_, name: string) => entities[name] ?? '')
    .replace(/&#39;/g, "'")
    .trim();
}
