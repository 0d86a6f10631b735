import { resolve } from "node:path";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

const program = resolve(import.meta.dirname, "../../../src/cell/main.ts");

describe("the cell program", () => {
  it("is one small file without store, GitHub or Kubernetes: it is copied beside foreign code", async () => {
    const bundle = await rolldown({ input: program, platform: "node", external: /^node:/, logLevel: "silent" });
    const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
    await bundle.close();
    const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
    expect(
      modules.filter((id) => /octokit|client-node|\/src\/(store|github|logs|operator|builder)\//.test(id)),
    ).toEqual([]);
    expect(output[0].code.length).toBeLessThan(1_000_000);
  });
});
