/** Wraps a text in backquotes. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** Returns a text with a full stop, unless it is empty or has one already. */
export function sentence(text: string): string {
  return text === "" || text.endsWith(".") ? text : `${text}.`;
}

/** Returns the lines of a Markdown table. A `|` inside a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [row(head), `|${"---|".repeat(head.length)}`, ...rows.map(row)];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Wraps prose at the 100 columns of a Markdown line. */
export function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 100) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
