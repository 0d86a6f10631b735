import { join } from "node:path";
import { goProgram } from "./goProgram.ts";

/** The path of a CoreDNS that knows the services of a cluster and nothing else; the first call on a machine compiles it. */
export function dns(): Promise<string> {
  return goProgram({
    name: "dns",
    source: { folder: join(import.meta.dirname, "dns") },
    flags: ["-ldflags", "-s -w"],
    what: "CoreDNS (1 to 5 minutes, once)",
  });
}
