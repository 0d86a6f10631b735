import { join } from "node:path";
import { goProgram } from "./goProgram.ts";

const version = "1.36.3";

/** Without these flags the API server reports v0.0.0, and charts with a minimum version refuse it. */
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
 * The path of one binary that contains etcd, all of Kubernetes and kubectl. The first argument selects the program.
 * The first call on a machine compiles the binary.
 */
export function kubernetes(): Promise<string> {
  return goProgram({
    name: "kubeall",
    source: { folder: join(import.meta.dirname, "kubernetes") },
    flags: ["-tags", "grpcnotrace,notest", "-ldflags", linkerFlags()],
    title: `Kubernetes ${version} (5 to 20 minutes, once)`,
  });
}
