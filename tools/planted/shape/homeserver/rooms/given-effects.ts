export function givenEffects({ fetch, setTimeout: wait }: { fetch(url: string): void; setTimeout(): void }) {
  wait();
  return fetch('https://example.org');
}
