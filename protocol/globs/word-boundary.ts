/**
 * Whether a match may start or end at an index of the text: at its beginning or end, and where at least one of the two
 * neighbouring characters is none of A-Z, a-z, 0-9 and `_`.
 * https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export function isWordBoundary(text: string, index: number): boolean {
  return (
    index === 0 ||
    index === text.length ||
    !isWordCharacter(text.charCodeAt(index - 1)) ||
    !isWordCharacter(text.charCodeAt(index))
  );
}

function isWordCharacter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
}
