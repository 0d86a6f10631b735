import { dirname, join } from "node:path";

/** Absolute paths of the programs that an agent starts. */
export interface Programs {
  readonly node: string;
  readonly cell: string;
  readonly sweeper: string;
}

/** The programs of this version: in the checkout, or beside the unpacked bundle. */
export function programsOf(node: string, self = import.meta.filename): Programs {
  const folder = dirname(self);
  if (isBundle(self)) return { node, cell: join(folder, "cell.mjs"), sweeper: join(folder, "sweep.mjs") };
  const source = join(folder, "../cell");
  return { node, cell: join(source, "main.ts"), sweeper: join(source, "sweep.ts") };
}

/** Whether the program runs from the bundle. */
export function isBundle(self = import.meta.filename): boolean {
  return self.endsWith(".mjs");
}
