import { messageOf } from "../system/messageOf.ts";
/**
 * Changes the process to `UID:GID` permanently. Throws an Error with a sentence if the text is invalid or the system
 * refuses.
 */
export function becomeUser(text: string): void {
  const match = /^(?<user>[0-9]+):(?<group>[0-9]+)$/.exec(text);
  if (match === null) throw new Error(`--user: expected UID:GID in numbers, such as 65002:65002, found "${text}"`);
  const user = Number(match.groups?.["user"]);
  const group = Number(match.groups?.["group"]);
  if (process.getuid?.() === user && process.getgid?.() === group && user !== 0) return;
  try {
    process.setgroups?.([]);
    process.setgid?.(group);
    process.setuid?.(user);
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(
      `--user ${text}: the cell may not change its user (${reason}); start it as root or leave --user out`,
    );
  }
}
