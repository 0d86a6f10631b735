import type { Readable } from "node:stream";

/** Maximum length of an order, in characters. A longer first line is cut, and is then invalid. */
const longestOrder = 2 ** 22;

/**
 * Reads the order, the first line of `input`. The open stream then proves that the builder is alive: `onCut` is called
 * once when the stream closes. Resolves with undefined if the stream closes before the end of the first line.
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
