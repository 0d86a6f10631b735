import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { bundledProgram } from "../../../src/local/cells/bundledProgram.ts";
import { createLog } from "../../../src/system/log.ts";

const root = resolve(import.meta.dirname, "../../..");
const program = join(root, "src/cell/main.ts");

function options() {
  const work = mkdtempSync(join(tmpdir(), "bundled-"));
  onTestFinished(() => rmSync(work, { recursive: true }));
  const node = join(root, "node_modules/.bin/node");
  const environment = { PATH: process.env["PATH"] ?? "" };
  return { node, program, folder: join(work, "programs"), environment, log: createLog({ level: "silent" }) };
}

it("one file is the whole cell program, for the orders of one machine", async () => {
  const given = options();
  const file = await bundledProgram(given);
  expect(file).toBe(join(given.folder, "cell.mjs"));
  const imports = [...readFileSync(file, "utf8").matchAll(/^import .*? from "(?<from>[^"]+)"/gm)];
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.map(({ groups }) => groups?.["from"]).filter((from) => !from?.startsWith("node:"))).toEqual([]);
  const run = promisify(execFile)("sh", ["-c", `'${given.node}' '${file}' 3>&1 < /dev/null`], { cwd: "/" });
  await expect(run).rejects.toMatchObject({ code: 64, stdout: expect.stringContaining("The cell got no order") });
});

it("the program in its sources serves where nothing can be bundled", async () => {
  const broken = options();
  writeFileSync(broken.folder, "a file in place of the folder");
  expect(await bundledProgram(broken)).toBe(program);
  const closed = options();
  mkdirSync(join(closed.folder, "cell.mjs/x"), { recursive: true });
  expect(await bundledProgram(closed)).toBe(program);
});
