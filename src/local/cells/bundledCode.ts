import { type RolldownPluginOption, rolldown } from "rolldown";

/** Returns a program and everything that it imports, also on demand, as one module. */
export async function bundledCode(input: string, plugins: RolldownPluginOption[] = []): Promise<string> {
  const rolled = await rolldown({ input, platform: "node", external: /^node:/, logLevel: "silent", plugins });
  const { output } = await rolled.generate({ format: "esm", codeSplitting: false });
  await rolled.close();
  if (output.length !== 1) throw new Error(`${input} gives ${output.length} files, expected 1`);
  return output[0].code;
}
