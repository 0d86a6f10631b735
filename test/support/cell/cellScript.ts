import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Order } from "../../../src/api/cell/order.ts";
import { node } from "./serveCell.ts";
import { helloCheck } from "./world.ts";

const paths = { area: "/nowhere", tools: "/nowhere", home: "/nowhere", tmp: "/nowhere" };
const limits = { logBytes: 0, maxAge: 0, minFree: 0 };
/** A self-test order. */
export const order = (id: string): Order => ({
  id,
  cell: "base",
  task: "selftest",
  check: helloCheck,
  sources: [],
  paths,
  limits,
  gitUrl: "",
  debug: false,
});
/** A cell program of a few lines: `emit` writes an event, `order` is the order. */
export function program(script: string): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), "builderpool-program-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, "cell.mjs");
  const prelude = `
    import { writeSync, rmSync, writeFileSync } from "node:fs";
    import { spawn } from "node:child_process";
    import { createInterface } from "node:readline";
    const emit = (event) => writeSync(3, JSON.stringify(event) + "\\n");
    const done = { event: "outcome", outcome: { kind: "Done", message: "ok" } };
    const line = await new Promise((resolve) => createInterface({ input: process.stdin }).once("line", resolve));
    const order = JSON.parse(line);
    const shell = (command) => spawn("sh", ["-c", command], { stdio: "ignore" });
  `;
  writeFileSync(path, `${prelude}\n${script}\n`);
  return [node, path];
}
