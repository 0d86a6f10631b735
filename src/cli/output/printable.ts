/**
 * Replaces control characters and marks of text direction in foreign text, such as a title. They could control the
 * terminal.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, "\uFFFD");
}
