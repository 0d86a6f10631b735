import { describe, expect, it } from "vitest";
import { podTemplateOf } from "../../../../../src/core/pool/manifest/pod/podTemplate.ts";
import { refusalOf } from "../../../../../src/core/pool/manifest/refusal.ts";
import { aPool } from "./aPool.ts";
import { setting } from "./setting.ts";

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}
interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly securityContext: { readonly runAsUser: number };
  readonly resources: { readonly requests?: object; readonly limits?: object };
  readonly livenessProbe: { readonly exec: { readonly command: readonly string[] } };
  readonly volumeMounts: readonly Mount[];
}
interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: object;
}

function podOf(spec: object = {}, more: object = {}) {
  const template = podTemplateOf(aPool(spec), { ...setting, ...more }, "r");
  const pod: {
    readonly hostUsers?: boolean;
    readonly initContainers: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes: readonly Volume[];
  } = JSON.parse(JSON.stringify(template.spec));
  const container = (name: string) => {
    const found = [...pod.initContainers, ...pod.containers].find((one) => one.name === name);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found;
  };
  return { pod, cell: container("cell"), base: container("cell-base"), builder: container("builder") };
}

describe("the credential for private repositories", () => {
  it("is a volume of the builder alone, with the address that it may go to", () => {
    const github = { gitUrl: "https://git.example.org", gitSecretRef: { name: "git" } };
    const { pod, cell, base, builder } = podOf({ github });
    const [volume] = pod.volumes.filter((one) => JSON.stringify(one).includes('"secretName":"git"'));
    expect(volume).toBeDefined();
    const has = ({ volumeMounts }: Container) => volumeMounts.some(({ name }) => name === volume?.name);
    expect([builder, cell, base].map(has)).toEqual([true, false, false]);
    expect(JSON.stringify(builder)).toContain('{"name":"BUILDERPOOL_GIT_URL","value":"https://git.example.org"}');
  });
});

const writable = ({ volumeMounts }: Container) => volumeMounts.filter(({ readOnly }) => readOnly !== true);
/** The place of a mount in its volume. */
const placeOf = ({ name, subPath = "" }: Mount) => `${name}/${subPath}`;

const added = {
  template: {
    volumes: [
      { name: "cvmfs", hostPath: { path: "/cvmfs" } },
      { name: "cache", hostPath: { path: "/var/cache/ci" } },
      { name: "scratch", emptyDir: { sizeLimit: "2Gi" } },
      { name: "site", configMap: { name: "site" } },
    ],
    volumeMounts: [
      { name: "cvmfs", mountPath: "/cvmfs", readOnly: true },
      { name: "cache", mountPath: "/cache" },
      { name: "scratch", mountPath: "/scratch" },
      { name: "site", mountPath: "/etc/site" },
    ],
  },
};
const secrets = { cellSecrets: [{ name: "grid.token" }] };

describe("the two cells of a pod", () => {
  it("are different users, and neither is the builder", () => {
    const { cell, base, builder } = podOf();
    const users = [cell, base, builder].map(({ securityContext }) => securityContext.runAsUser);
    expect(users).toEqual([65002, 65003, 65001]);
  });

  it.each([{}, secrets, added])("share no place that builds can write (%#)", (spec) => {
    const { cell, base } = podOf(spec);
    const written = writable(cell)
      .filter(({ name }) => name !== "site") // the kubelet mounts a ConfigMap read-only
      .map(placeOf);
    expect(base.volumeMounts.map(placeOf).filter((place) => written.includes(place))).toEqual([]);
  });

  it("see tools, base and mirror at the same paths, and the build cell cannot write there", () => {
    const { cell, base } = podOf();
    const data = ({ volumeMounts }: Container) =>
      Object.fromEntries(
        volumeMounts.filter(({ name }) => name === "data").map((mount) => [mount.mountPath, mount.readOnly ?? false]),
      );
    expect(data(cell)).toEqual({
      "/data/area": false,
      "/data/home": false,
      "/data/tmp": false,
      "/data/tools": true,
      "/data/base": true,
      "/data/mirror": true,
      "/tmp": false,
    });
    expect(data(base)).toEqual({
      "/data/tools": false,
      "/data/base": false,
      "/data/base-own": false,
      "/data/mirror": true,
    });
  });

  it("mount folders of the data volume only, and never parked/, config/, state/ or a parent", () => {
    const { cell, base } = podOf(added);
    for (const { volumeMounts } of [cell, base])
      for (const { name, subPath } of volumeMounts) if (name === "data") expect(subPath).toMatch(/^[a-z-]+$/);
    const folders = [cell, base].flatMap(({ volumeMounts }) => volumeMounts.map(({ subPath }) => subPath));
    expect(folders.filter((name) => ["parked", "config", "state", "force-hashes"].includes(name ?? ""))).toEqual([]);
  });

  it("mount no token and no key of a bucket, unlike the builder", () => {
    const s3 = { endpoint: "https://s3.example.org", bucket: "logs", secretRef: { name: "bucket" } };
    const { pod, cell, base, builder } = podOf({ logs: { s3 } });
    const projected = pod.volumes.filter((volume) => volume.projected !== undefined).map(({ name }) => name);
    expect(projected).toEqual(["api-token", "logs-token"]);
    const closed = [...projected, "bucket-keys"];
    expect(
      [cell, base].flatMap(({ volumeMounts }) => volumeMounts).filter(({ name }) => closed.includes(name)),
    ).toEqual([]);
    expect(builder.volumeMounts.map(({ name }) => name)).toEqual(expect.arrayContaining(closed));
  });

  it("mount the cellSecrets of the pool, unlike the builder", () => {
    const { cell, base, builder } = podOf(secrets);
    const mount = { name: "secret-grid-token", mountPath: "/secrets/grid.token", readOnly: true };
    for (const one of [cell, base]) expect(one.volumeMounts).toContainEqual(mount);
    expect(builder.volumeMounts.map(({ name }) => name)).not.toContain("secret-grid-token");
  });

  it("have sockets in volumes of their own, and the builder sees both", () => {
    const { cell, base, builder } = podOf();
    const sockets = ["socket", "base-socket"];
    const of = ({ volumeMounts }: Container) =>
      volumeMounts.map(({ name }) => name).filter((name) => sockets.includes(name));
    expect([of(cell), of(base), of(builder)]).toEqual([["socket"], ["base-socket"], sockets]);
  });

  it("have separate shared memory and /tmp, unlike the containers of other pods", () => {
    const { cell, base } = podOf();
    const of = ({ volumeMounts }: Container) =>
      ["/tmp", "/dev/shm"].map((path) => volumeMounts.find(({ mountPath }) => mountPath === path)?.name);
    expect(of(cell)).toEqual(["data", "cell-shm"]);
    expect(of(base)).toEqual(["base-tmp", "base-shm"]);
  });

  it("let builds write to /tmp and TMPDIR as one folder of the claim, where a quota limits them", () => {
    const { cell } = podOf();
    const mounted = cell.volumeMounts.filter(({ mountPath }) => ["/tmp", "/data/tmp"].includes(mountPath));
    expect(mounted).toEqual([
      { name: "data", mountPath: "/data/tmp", subPath: "tmp" },
      { name: "data", mountPath: "/tmp", subPath: "tmp" },
    ]);
  });

  it("take no probe in the namespace that builds share, except the cell of builds", () => {
    const { cell, base } = podOf();
    expect(cell.livenessProbe.exec.command.at(-1)).toBe("builderpool-cell");
    expect(base.livenessProbe.exec.command.at(-1)).toBe("/run/base/probe.sock");
  });

  it.each([{}, added])("empty after every order each place that builds can write, except the volume (%#)", (spec) => {
    const { cell } = podOf(spec);
    const places = writable(cell).filter(({ name }) => !["data", "site", "cache"].includes(name));
    expect(emptied(cell)).toEqual(expect.arrayContaining(places.map(({ mountPath }) => mountPath)));
  });

  it("ignore SIGUSR1, which opens the debugger of Node to the builds of the same user", () => {
    const { cell, base } = podOf();
    for (const { command } of [cell, base])
      expect(command.filter((word) => word === "--disable-sigusr1")).toHaveLength(2);
  });
});

/** Folders that a cell empties after every order. */
const emptied = ({ command }: Container) =>
  command.flatMap((word, index) => (command[index - 1] === "--empty" ? [word] : []));

describe("the volumes of a pool", () => {
  it("that builds can write are missing in the base cell, or are an empty twin there", () => {
    const { pod, base } = podOf(added);
    const mounts = base.volumeMounts.filter(({ mountPath }) => /^.(cvmfs|cache|scratch|etc)/.test(mountPath));
    expect(mounts).toEqual([
      { name: "cvmfs", mountPath: "/cvmfs", readOnly: true },
      { name: "twin-scratch", mountPath: "/scratch" },
      { name: "site", mountPath: "/etc/site" },
    ]);
    expect(pod.volumes).toContainEqual({ name: "twin-scratch", emptyDir: { sizeLimit: "2Gi" } });
  });

  it("are emptied after every order if they are an emptyDir", () => {
    expect(emptied(podOf(added).cell)).toContain("/scratch");
    expect(emptied(podOf(added).base)).toContain("/scratch");
  });

  it("may replace /dev/shm", () => {
    const template = {
      volumes: [{ name: "shm", emptyDir: { medium: "Memory", sizeLimit: "16Gi" } }],
      volumeMounts: [{ name: "shm", mountPath: "/dev/shm" }],
    };
    const { pod, cell, base } = podOf({ template });
    const of = ({ volumeMounts }: Container) => volumeMounts.filter(({ mountPath }) => mountPath === "/dev/shm");
    expect(of(cell)).toEqual([{ name: "shm", mountPath: "/dev/shm" }]);
    expect(of(base)).toEqual([{ name: "twin-shm", mountPath: "/dev/shm" }]);
    const names = pod.volumes.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(["base-tmp", "twin-x", "base-socket"])("must not have the name %s of a volume of the base cell", (name) => {
    expect(refusalOf(aPool({ template: { volumes: [{ name, emptyDir: {} }] } }))).toMatch(
      `"${name}": the pod has a volume of this name already`,
    );
  });
});

describe("the resources of the cells", () => {
  it.each([
    [undefined, { requests: { cpu: "100m", memory: "256Mi" } }, { requests: { cpu: "10m", memory: "64Mi" } }],
    [
      { requests: { cpu: "16", memory: "32Gi" }, limits: { cpu: 32, memory: "64Gi", "example.org/gpu": 1 } },
      { requests: { cpu: "16", memory: "32Gi" }, limits: { cpu: 32, memory: "64Gi", "example.org/gpu": 1 } },
      { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: 32, memory: "64Gi" } },
    ],
    [
      { limits: { cpu: "5m", memory: "50M" } },
      { limits: { cpu: "5m", memory: "50M" } },
      { requests: { cpu: "5m", memory: "50M" }, limits: { cpu: "5m", memory: "50M" } },
    ],
    [
      { limits: { memory: 1e9 } },
      { limits: { memory: 1e9 } },
      { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: 1e9 } },
    ],
  ])("of a pool with %j reserve space once, since one order runs at a time", (resources, cell, base) => {
    const pod = podOf(resources === undefined ? {} : { template: { resources } });
    expect(pod.cell.resources).toEqual(cell);
    expect(pod.base.resources).toEqual(base);
  });
});

describe("user namespaces", () => {
  it("are used if the installation asks for them", () => {
    expect(podOf({}, { userNamespaces: true }).pod.hostUsers).toBe(false);
    expect(podOf().pod.hostUsers).toBeUndefined();
  });
});
