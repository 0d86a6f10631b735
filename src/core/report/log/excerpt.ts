import { truncate } from "./line.ts";

/** Most characters of an excerpt, limited by the verdict of a Build. */
const maxExcerpt = 16_384;
const omission = "[…; see full log]";

/** The preview as one text within the limit of a verdict. Replaces whole lines at the end by a hint to the full log. */
export function excerptOf(preview: readonly string[]): string {
  const text = preview.join("\n");
  if (text.length <= maxExcerpt) return text;
  const kept = truncate(text, maxExcerpt - omission.length - 1);
  return `${kept.slice(0, Math.max(0, kept.lastIndexOf("\n")))}\n${omission}`.trimStart();
}
