import { resolve } from "node:path";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

const program = resolve(import.meta.dirname, "../../../src/logs/main.ts");

describe("the log service", () => {
  it("is one small file without GitHub, Kubernetes' client or anything that builds", async () => {
    const bundle = await rolldown({ input: program, platform: "node", external: /^node:/, logLevel: "silent" });
    const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
    await bundle.close();
    const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
    expect(
      modules.filter((id) => /octokit|client-node|\/src\/(store|github|operator|builder|cell)\//.test(id)),
    ).toEqual([]);
    expect(output[0].code.length).toBeLessThan(1_000_000);
  });
});
