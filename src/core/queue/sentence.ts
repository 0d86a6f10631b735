/** A message as the end of a longer sentence, after a colon: its first letter small, unless it begins a name such as GitHub. */
export function continued(message: string): string {
  return message.replace(/^[A-Z](?![A-Z])[a-z]*(?![A-Za-z])/, (word) => word.charAt(0).toLowerCase() + word.slice(1));
}
