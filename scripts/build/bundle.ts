import { rolldown } from "rolldown";

/** Source files of the programs in the images, by the name of the bundle. */
export const programs = {
  operator: "src/operator/main.ts",
  builder: "src/builder/main.ts",
  "cell-serve": "src/cell/serve.ts",
  "cell-probe": "src/cell/probe.ts",
  cell: "src/cell/main.ts",
  logs: "src/logs/main.ts",
} as const;

/** A program and its imports as files. */
export interface Bundle {
  /** Size of each file in bytes. The first file is the program. The others hold the modules that it loads on demand. */
  readonly files: Readonly<Record<string, number>>;
  /** Absolute paths of the modules in the first file. */
  readonly modules: readonly string[];
}

/**
 * Bundles a program and its imports as `<name>.mjs`. Writes the files if `folder` is given. Nothing is minified, so
 * stack traces stay readable.
 */
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
