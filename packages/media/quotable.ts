/** Text of people, made fit for a quoted string of a playlist, where nothing can be escaped. */

/**
 * The text without what would end the string, or the line, or be taken for a variable: a reference to one that no
 * EXT-X-DEFINE declares makes a player refuse the whole playlist (RFC 8216bis, 4.3).
 */
export function quotable(text: string, mostCharacters: number): string {
  const plain = text
    .replaceAll('"', "'")
    .replaceAll("{$", "{ $")
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  return [...plain.toWellFormed()].slice(0, mostCharacters).join("");
}
