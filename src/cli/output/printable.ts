/** Text from elsewhere, such as a title, without what would steer a terminal or turn the direction of reading. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, "\uFFFD");
}
