import { join } from "node:path";
import { goProgram } from "./goProgram.ts";

/** The path of a CoreDNS that resolves only the services of a cluster. The first call on a machine compiles it. */
export function dns(): Promise<string> {
  return goProgram({
    name: "dns",
    source: { folder: join(import.meta.dirname, "dns") },
    flags: ["-ldflags", "-s -w"],
    title: "CoreDNS (1 to 5 minutes, once)",
  });
}
