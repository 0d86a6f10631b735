import type { Readable } from "node:stream";

/** More than any order needs; a longer first line is not one. */
const longestOrder = 2 ** 22;

/**
 * The first line of `input`, which is the order, while the rest of the stream serves as a life line: `onCut` is called once when it closes,
 * for then the builder is gone. Resolves with undefined when it closes before the first line ended.
 */
export function readOrderLine(input: Readable, onCut: () => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    let complete = false;
    input.setEncoding("utf8");
    input.on("data", (chunk: string) => {
      if (complete) return;
      text += chunk;
      const end = text.indexOf("\n");
      complete = end >= 0 || text.length > longestOrder;
      if (complete) resolve(text.slice(0, end >= 0 ? end : longestOrder));
    });
    const cut = () => {
      if (complete) onCut();
      else resolve(undefined);
    };
    input.once("end", cut).once("error", cut);
  });
}
