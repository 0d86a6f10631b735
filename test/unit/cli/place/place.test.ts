import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { type Place, type PlaceOptions, placeOf } from "../../../../src/cli/place/place.ts";

const usual = `${homedir()}/.kube/config`;
const machine = (workDir: string): Place => ({ kind: "Machine", workDir });
const cluster = (kubeconfigs: readonly string[], rest: object = {}): Place => ({
  kind: "Cluster",
  kubeconfigs,
  ...rest,
});

function place(options: PlaceOptions, env: NodeJS.ProcessEnv = {}, running: readonly string[] = []): Promise<Place> {
  return placeOf(options, { env, isRoot: true, isRunning: async (folder) => running.includes(folder) });
}

describe("the place of a command", () => {
  it.each<[string, PlaceOptions, NodeJS.ProcessEnv, readonly string[], Place]>([
    ["nothing said", {}, {}, [], machine("/var/lib/builderpool")],
    ["a work folder", { workDir: "/w" }, { KUBECONFIG: "/k" }, [], machine("/w")],
    ["a work folder, to kubectl's plugin", { workDir: "/w" }, { BUILDERPOOL_CLUSTER: "1" }, [], machine("/w")],
    ["BUILDERPOOL_WORK_DIR", {}, { BUILDERPOOL_WORK_DIR: "/w", KUBECONFIG: "/k" }, [], machine("/w")],
    ["a running up", {}, { KUBECONFIG: "/k" }, ["/var/lib/builderpool"], machine("/var/lib/builderpool")],
    ["KUBECONFIG and no running up", {}, { KUBECONFIG: "/k" }, [], cluster(["/k"])],
    ["several files in KUBECONFIG", {}, { KUBECONFIG: "/a::/b" }, [], cluster(["/a", "/b"])],
    ["a kubeconfig", { kubeconfig: "/x" }, { KUBECONFIG: "/k" }, ["/var/lib/builderpool"], cluster(["/x"])],
    ["a namespace", { namespace: "ci" }, { BUILDERPOOL_WORK_DIR: "/w" }, [], cluster([usual], { namespace: "ci" })],
    ["a context", { context: "c" }, { KUBECONFIG: "/k" }, [], cluster(["/k"], { context: "c" })],
    ["kubectl's plugin", {}, { BUILDERPOOL_CLUSTER: "1" }, ["/var/lib/builderpool"], cluster([usual])],
  ])("with %s", async (_, options, env, running, expected) => {
    expect(await place(options, env, running)).toEqual(expected);
  });

  it("is an error when the options name both", async () => {
    await expect(place({ workDir: "/w", namespace: "ci" })).rejects.toThrow("give one or the other");
  });
});
