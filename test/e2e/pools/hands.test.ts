import { describe, expect, it } from "vitest";
import { greeting } from "../../support/up/installation.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

/** A test of a pull request. Prints everything in reach, and leaves files and a process behind. */
const peek = `echo "peek uid $(id -u) $(id -g)"
for path in /data/config /data/state /data/force-hashes /var/run/secrets /secrets; do test ! -e $path || echo "peek found $path"; done
env | grep -iE 'token|secret|kubernetes' | sed 's/^/peek env /'
for process in /proc/[0-9]*; do
  case "$(tr '\\0' ' ' < $process/cmdline)" in
    "/capsule/loader "*) if cat $process/environ > /dev/null 2>&1; then echo "peek read"; else echo "peek refused"; fi;;
  esac
done
touch /tmp/left /dev/shm/left
setsid env -i sleep 8123 > /dev/null 2>&1 < /dev/null &
exit 0
`;

describe("a cell in a pod", () => {
  const scenario = aScenario("hands");
  const inside = (container: string, script: string) =>
    scenario.kubectl("exec", "hands-0", "-c", container, "--", "sh", "-c", script);

  it("hides tokens, configuration and the memory of its own programs from a build", async () => {
    await scenario.declare();
    await scenario.ready(1);
    const { commit } = await scenario.propose("Peek", { ...greeting("Hello, peek"), "test/peek.test": peek });
    await scenario.shows(commit, "success");
    const lines = (await scenario.kubectl("logs", "hands-0", "-c", "cell")).match(
      /peek (uid|found|env|read|refused).*/g,
    );
    expect(lines).toEqual(["peek uid 65002 65000", "peek refused", "peek refused"]);
  });

  it("kills all processes of a build and deletes its files", async () => {
    await waitFor("the cell to be clean", async () => {
      const left = await inside("cell", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ls -A /tmp /dev/shm");
      return !/sleep 8123|left/.test(left);
    });
  });

  it("stops the build of a killed builder, and the next process retries it", async () => {
    const { commit, release } = await scenario.hold("Survive");
    const held = async () => (await inside("cell", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).includes("/dev/tcp/");
    await waitFor("the build to run", held);
    const kill =
      'for p in /proc/[0-9]*; do case "$(tr "\\0" " " < $p/cmdline)" in node*) kill -9 ${p#/proc/};; esac; done';
    await inside("builder", kill).catch(() => {}); // the container exits during the command
    await waitFor("the cell to stop the build", async () => !(await held()));
    release();
    await scenario.shows(commit, "success");
    const path = "jsonpath={.status.containerStatuses[?(@.name=='builder')].restartCount}";
    expect(await scenario.kubectl("get", "pod", "hands-0", "-o", path)).toBe("1");
  });

  it("causes no second claim, build or report", async () => {
    expect(await scenario.violations()).toEqual([]);
  });
});
