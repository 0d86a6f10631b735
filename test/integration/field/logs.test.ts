import { existsSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuilderPool } from "../../../src/api/objects/pool.ts";
import { type LocalLogs, openLogs } from "../../../src/local/logs.ts";

const page = (number: number) => `o/r/${number}/${"a".repeat(40)}/build_O2_o2/pretty.html`;

describe("spec.logs of the pools of one machine", () => {
  let root: string;
  let logs: LocalLogs;
  let pools: BuilderPool[];
  const pool = (name: string, settings: object) =>
    BuilderPool.parse({
      apiVersion: "ci.alice.cern.ch/v1alpha1",
      kind: "BuilderPool",
      metadata: { name },
      spec: { package: "O2", repository: "o/r", logs: settings },
    });

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "builderpool-logs-"));
    pools = [
      pool("first", {}),
      pool("second", { directory: join(root, "second"), keep: "1d" }),
      pool("third", { directory: join(root, "third"), url: "https://logs.example.org/third/" }),
    ];
    const listen = { host: "127.0.0.1", port: 0 };
    const scrape = async () => ({ contentType: "text/plain", text: "" });
    logs = await openLogs({ workDir: join(root, "work"), listen, say() {}, pin() {} }, () => pools, scrape);
  });
  afterAll(async () => {
    await logs.pages.close();
    rmSync(root, { recursive: true, force: true });
  });

  it("count for each pool: directory, address and age", async () => {
    for (const [index, name] of ["first", "second", "third"].entries())
      await logs.of(name).put(page(index + 1), Buffer.from(name), "text/html");
    const files = [join(root, "work/logs", page(1)), join(root, "second", page(2)), join(root, "third", page(3))];
    expect(files.map((file) => existsSync(file))).toEqual([true, true, true]);
    for (const number of [1, 2, 3])
      expect(await (await fetch(`${logs.pages.url}/${page(number)}`)).text()).toBe(
        ["first", "second", "third"][number - 1],
      );
    expect(logs.of("second").url(page(2))).toBe(`${logs.pages.url}/${page(2)}`);
    expect(logs.of("third").url(page(3))).toBe(`https://logs.example.org/third/${page(3)}`);

    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    for (const file of files) utimesSync(file, twoDaysAgo, twoDaysAgo);
    expect(await logs.expire(60 * 86_400_000)).toBe("second".length);
    expect(files.map((file) => existsSync(file))).toEqual([true, false, true]);
  });

  it("follow an edit of the pool", async () => {
    pools = [pool("first", { directory: join(root, "moved"), url: "https://elsewhere.example.org" })];
    await logs.of("first").put(page(4), Buffer.from("moved"), "text/html");
    expect(existsSync(join(root, "moved", page(4)))).toBe(true);
    expect(await (await fetch(`${logs.pages.url}/${page(4)}`)).text()).toBe("moved");
    expect(logs.of("first").url(page(4))).toBe(`https://elsewhere.example.org/${page(4)}`);
  });
});
