/** The message with a lower-case first word, for use after a colon. A name such as GitHub keeps its capital letter. */
export function lowerFirstWord(message: string): string {
  return message.replace(/^[A-Z](?![A-Z])[a-z]*(?![A-Za-z])/, (word) => word.charAt(0).toLowerCase() + word.slice(1));
}
