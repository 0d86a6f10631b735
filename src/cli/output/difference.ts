import { isDeepStrictEqual } from "node:util";

/** The most characters of a value in a line. */
const longest = 60;
/** Characters around the difference of two long values. */
const around = 15;

/** The changed fields of an object, each with both values. Long values are shown around their difference. */
export function changedFields(before: object, after: object): readonly string[] {
  const [a, b] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((key) => !isDeepStrictEqual(a.get(key), b.get(key)))
    .map((key) => {
      const [from, to] = differing(textOf(a.get(key)), textOf(b.get(key)));
      return `${key} from ${from} to ${to}`;
    });
}

function textOf(value: unknown): readonly string[] {
  return [...(JSON.stringify(value) ?? "nothing")];
}

/** Two texts as characters, without the long parts that are equal at the start and at the end. */
function differing(a: readonly string[], b: readonly string[]): readonly [string, string] {
  if (a.length <= longest && b.length <= longest) return [a.join(""), b.join("")];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < most - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return [windowOf(a, start, end), windowOf(b, start, end)];
}

/** The part of a text between its equal start and its equal end, with a few characters around it. */
function windowOf(text: readonly string[], start: number, end: number): string {
  const first = start <= around + 1 ? 0 : start - around;
  const last = end <= around + 1 ? text.length : text.length - end + around;
  const shown = text.slice(first, last);
  const half = longest / 2;
  const middle =
    shown.length > longest + 1 ? [...shown.slice(0, half + around), "…", ...shown.slice(around - half)] : shown;
  return `${first > 0 ? "…" : ""}${middle.join("")}${last < text.length ? "…" : ""}`;
}
