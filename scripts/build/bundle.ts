import { rolldown } from "rolldown";

/** The programs that images carry, by the name of their bundle. */
export const programs = {
  operator: "src/operator/main.ts",
  builder: "src/builder/main.ts",
  "cell-serve": "src/cell/serve.ts",
  cell: "src/cell/main.ts",
  logs: "src/logs/main.ts",
} as const;

export interface Bundle {
  /** Bytes of each file by its name; the program is the first. What a program loads only when it needs it is in files beside it. */
  readonly files: Readonly<Record<string, number>>;
  /** Absolute paths of the modules in the first file. */
  readonly modules: readonly string[];
}

/** Makes `<name>.mjs` of a program and everything it imports; not minified, so that traces can be read. Written when `folder` is given. */
export async function bundle(program: string, name: string, folder?: string): Promise<Bundle> {
  const rolled = await rolldown({ input: program, platform: "node", external: /^node:/, logLevel: "silent" });
  const options = { format: "esm", entryFileNames: `${name}.mjs`, chunkFileNames: `${name}-[name].mjs` } as const;
  const { output } = await (folder === undefined
    ? rolled.generate(options)
    : rolled.write({ ...options, dir: folder }));
  await rolled.close();
  const chunks = output.filter((one) => one.type === "chunk");
  return {
    files: Object.fromEntries(chunks.map(({ fileName, code }) => [fileName, Buffer.byteLength(code)])),
    modules: output[0].moduleIds,
  };
}
