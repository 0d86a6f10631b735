import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { agentBundle, bundleAgent } from "./build/agent.ts";
import { bundle, programs } from "./build/bundle.ts";

/** Writes dist/: the programs for a cluster, and the bundle for hosts. The images need nothing else from this repository. */
const root = resolve(import.meta.dirname, "..");
const dist = resolve(root, "dist");
await rm(dist, { recursive: true, force: true });
await mkdir(dist);
for (const [name, source] of Object.entries(programs)) {
  const { files } = await bundle(resolve(root, source), name, dist);
  for (const [file, bytes] of Object.entries(files)) console.log(`dist/${file} ${Math.ceil(bytes / 1000)} kB`);
}
console.log(`dist/${agentBundle} ${Math.ceil((await bundleAgent(root, dist)) / 1000)} kB`);
