import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";

/** Creates a file in every folder of the container that accepts one, and objects of System V IPC. Prints the folders. */
const writeEverywhere = `find / \\( -path /proc -o -path /sys \\) -prune -o -type d -print 2> /dev/null | while read -r folder; do
  touch "$folder/canary-of-a-build" 2> /dev/null && echo "wrote $folder"
done
python3 -c 'import ctypes; c = ctypes.CDLL(None); print("objects", c.shmget(77, 4096, 0o1666) >= 0, c.semget(77, 1, 0o1666) >= 0, c.msgget(77, 0o1666) >= 0)'
grep -E '^Max (processes|core)' /proc/self/limits
ls /proc/1/fd > /dev/null 2>&1 && echo "opened the init process"
for folder in /data/base /data/tools; do
  file="$(find "$folder" -type f | head -n 1)"
  for attack in "touch '$folder/x'" "rm -f '$file'" "mv '$file' '$folder/y'" "sh -c 'echo >> $file'" "chmod 777 '$folder'"; do
    if eval "$attack" 2> /dev/null; then echo "changed: $attack"; fi
  done
done
true
`;

/** Fails if the container shows anything that another build left. */
const findCanaries = `found="$(find / \\( -path /proc -o -path /sys \\) -prune -o -name 'canary-of-a-build*' -print 2> /dev/null)"
echo "found: $found"
cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg | grep -q '^ *77 ' && echo "found an object" && exit 1
test -z "$found"
`;

describe("a build that writes everywhere in its pod", () => {
  const scenario = aScenario("apart");
  const inContainer = (container: string, script: string) =>
    scenario.kubectl("exec", "apart-0", "-c", container, "--", "sh", "-c", script);

  it("reaches only its own folders, and no file of the base or the tools", async () => {
    await scenario.declare({
      template: {
        volumes: [{ name: "scratch", emptyDir: {} }],
        volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
      },
    });
    await scenario.ready(1);
    const { commit } = await scenario.propose("Write", {
      ...greeting("Hello, everywhere"),
      "test/write.test": writeEverywhere,
    });
    await scenario.shows(commit, "success");

    const log = await scenario.kubectl("logs", "apart-0", "-c", "cell");
    const folders = [...log.matchAll(/: wrote (\/.*)$/gm)].map(([, folder = ""]) => folder);
    expect(folders).toEqual(expect.arrayContaining(["/tmp", "/dev/shm", "/data/home", "/scratch"]));
    const own = /^\/(data\/(area|home|tmp)|tmp|scratch|dev\/shm|dev\/mqueue|run\/cell)(\/|$)/;
    expect(folders.filter((folder) => !own.test(folder))).toEqual([]);
    expect(log).toContain("objects True True True");
    expect(log).not.toContain("opened the init process");
    expect(log).toMatch(/Max core file size +0 /);
    expect(log).toMatch(/Max processes +8192 +8192 /);
    expect(log).not.toContain("changed: ");
  });

  it("leaves nothing that the base cell can read", async () => {
    expect((await inContainer("cell-base", findCanaries)).trim()).toBe("found:");
  });

  it("leaves nothing that the next build can read", async () => {
    const { commit } = await scenario.propose("Read", {
      ...greeting("Hello, nobody"),
      "test/read.test": findCanaries,
    });
    await scenario.shows(commit, "success");
    expect(await scenario.violations()).toEqual([]);
  });

  it("shares no user, socket, token or folder of the builder with the cells", async () => {
    const look =
      "id -u; ls /data; ls -d /run/cell /run/base 2> /dev/null; ls /var/run/secrets 2> /dev/null; ls /data/parked /data/state 2>&1 | grep -c cannot";
    const [build, base] = await Promise.all(["cell", "cell-base"].map((name) => inContainer(name, look)));
    expect(build?.split("\n")).toEqual(["65002", "area", "base", "home", "mirror", "tmp", "tools", "/run/cell", "2"]);
    expect(base?.split("\n")).toEqual(["65003", "base", "base-own", "mirror", "tools", "/run/base", "2"]);
  });
});
