import { truncate } from "./line.ts";

/** Most characters of an excerpt: what a Build's verdict can carry. */
const maxExcerpt = 16_384;
const more = "[…; see full log]";

/** The preview as one text that a verdict can carry. Whole lines are left out at the end, never the last one, which counts them. */
export function excerptOf(preview: readonly string[]): string {
  const text = preview.join("\n");
  if (text.length <= maxExcerpt) return text;
  const kept = truncate(text, maxExcerpt - more.length - 1);
  return `${kept.slice(0, Math.max(0, kept.lastIndexOf("\n")))}\n${more}`.trimStart();
}
