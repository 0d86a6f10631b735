/** Bytes of a line that are scanned. The rest of a longer line is neither matched nor shown. */
export const lineBytes = 4096;
/** Characters of a line that are shown. */
const lineCharacters = 2000;

/** Terminal escape sequences: colours, cursor movements, titles. */
const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** The text without terminal escape sequences. */
export function withoutEscapes(text: string): string {
  return text.includes("\x1b") ? text.replace(escapes, "") : text;
}

/** A log line that is safe to show: no escape sequences, no control characters, at most 2000 characters. */
export function readableLineOf(bytes: Buffer): string {
  const whole = bytes.length <= lineBytes;
  const text = bytes.toString("utf8", 0, Math.min(bytes.length, lineBytes));
  const clean = withoutEscapes(whole ? text : text.replace(/\ufffd{1,3}$/, "")).replace(controls, "\ufffd");
  return whole && clean.length <= lineCharacters ? clean : `${truncate(clean, lineCharacters - 1)}…`;
}

/** The first `length` UTF-16 units of a text, without a split character at the end. */
export function truncate(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
