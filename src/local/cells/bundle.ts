import { renameSync, writeFileSync } from "node:fs";
import { bundledCode } from "./bundledCode.ts";

/*
 * `node bundle.ts PROGRAM FILE`: bundles a program and its imports into one file. The bundler needs much memory, so it
 * is a process of its own.
 */
const [program = "", file = ""] = process.argv.slice(2);
const written = `${file}.new`;
writeFileSync(written, await bundledCode(program), { mode: 0o644 });
renameSync(written, file);
