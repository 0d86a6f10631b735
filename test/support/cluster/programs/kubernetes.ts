import { join } from "node:path";
import { goProgram } from "./goProgram.ts";

const version = "1.36.3";

/** Without a version in it, the API server calls itself v0.0.0 and charts that ask for a version refuse it. */
function linkerFlags(): string {
  const [major, minor] = version.split(".");
  const facts = {
    gitVersion: `v${version}`,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: "none",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
  };
  const variables = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((home) =>
    Object.entries(facts).map(([name, value]) => `-X ${home}.${name}=${value}`),
  );
  return ["-s -w", ...variables].join(" ");
}

/**
 * The path of one binary that is etcd, all of Kubernetes and kubectl: its first argument says which. The first call on a
 * machine compiles it.
 */
export function kubernetes(): Promise<string> {
  return goProgram({
    name: "kubeall",
    source: { folder: join(import.meta.dirname, "kubernetes") },
    flags: ["-tags", "grpcnotrace,notest", "-ldflags", linkerFlags()],
    what: `Kubernetes ${version} (5 to 20 minutes, once)`,
  });
}
