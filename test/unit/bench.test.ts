import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runBench } from "../bench/bench.ts";
import { benches, benchesOf } from "../bench/benches.ts";

const folder = join(import.meta.dirname, "../bench");
const names = Object.keys(benches);

describe("benches", () => {
  it("has an entry for every module of the folder", () => {
    const modules = readdirSync(folder)
      .filter((name) => name.endsWith(".ts") && !["main.ts", "bench.ts", "benches.ts"].includes(name))
      .map((name) => name.replace(".ts", ""));
    expect(names.toSorted()).toEqual(modules.toSorted());
  });

  it.each(names)("%s prints its rows through `print` only", (name) => {
    const source = readFileSync(join(folder, `${name}.ts`), "utf8");
    expect(source).toContain("export async function bench(print: Print): Promise<void> {");
    expect(source).toMatch(/\bprint\((?!: Print)/);
    expect(source).not.toMatch(/console\.|process\.stdout/);
  });

  it("refuses an unknown name", () => {
    expect(() => benchesOf(["overheat"])).toThrow('No bench is called "overheat"; expected scan, choose,');
  });
});

describe("runBench", () => {
  it("prints the name, then every line of the bench", async () => {
    const lines: string[] = [];
    await runBench(
      "two",
      async (print) => ["a 1 ms", "b 2 ms"].forEach(print),
      (line) => lines.push(line),
    );
    expect(lines).toEqual(["\n== two", "a 1 ms", "b 2 ms"]);
  });

  it("fails a bench that prints nothing", async () => {
    await expect(
      runBench(
        "silent",
        async () => {},
        () => {},
      ),
    ).rejects.toThrow('The bench "silent" printed nothing');
  });
});
