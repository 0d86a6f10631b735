import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { AgentReport } from "../../../src/agent/state/report.ts";
import type { Cable } from "../../support/cluster/provider.ts";
import { waitFor } from "../support/waitFor.ts";

/** Files that all machines share. */
export interface Shared {
  /** The bundle for hosts. */
  readonly bundle: string;
  /** Folder with the wheels of aliBuild. */
  readonly wheels: string;
}

/** A process of a machine. */
export interface Process {
  readonly pid: number;
  readonly uid: number;
  readonly command: string;
}

/** A machine outside the cluster: its own disk, network, host name and processes. */
export interface Machine {
  readonly cable: Cable;
  /** Runs a command of `builderpool` as root. Rejects with its output. */
  builderpool(args: readonly string[], input?: string): Promise<string>;
  /** Lets the service manager run a program, and start it again whenever it ends. */
  serve(program: string): Promise<void>;
  /** Report of the last agent. */
  report(name: string): Promise<AgentReport>;
  /** Sends a signal to processes. */
  signal(signal: "KILL" | "STOP" | "CONT", processes: readonly Process[]): Promise<void>;
  processes(): Promise<readonly Process[]>;
  /** Writes a program into /usr/local/bin, which comes first in PATH. */
  install(name: string, script: string): Promise<void>;
  uninstall(name: string): Promise<void>;
  /** Writes a file. */
  write(path: string, text: string): Promise<void>;
  /** The log of an agent. */
  log(name: string): Promise<string>;
  /** Ends every process at once. The disk stays. */
  cutPower(): Promise<void>;
}

/** Folders that every machine writes itself. Everything else is the disk of this machine. */
const own = ["/etc", "/usr/local", "/var/lib", "/var/log"];
/** The machines have the programs of this one: Node, Python, git, a compiler. */
const path = ["/usr/local/bin", dirname(process.execPath), process.env["PATH"]].join(":");

/** Boots, and restarts the service for ever. The first process of a machine also reaps orphans. */
const boot = `set -eu
disk=$1
for folder in ${own.join(" ")}; do
  mkdir -p "$disk/upper$folder" "$disk/work$folder"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=$disk/upper$folder,workdir=$disk/work$folder" "$folder"
done
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
if [ -s /etc/volume ]; then mount -t tmpfs -o "$(cat /etc/volume)" tmpfs /mnt; else mount --bind "$disk/build" /mnt; fi
hostname "$2"
touch /run/booted
while :; do
  if [ -s /etc/served ]; then "$(cat /etc/served)" >> /var/log/service.log 2>&1 || :; fi
  sleep 1
done
`;

/** Writes the disk of a new machine. With a volume, its builds have a tmpfs with these mount options. */
export async function writeDisk(
  disk: string,
  machineId: string,
  { bundle, wheels }: Shared,
  nameServer: string,
  volume = "",
): Promise<void> {
  const etc = join(disk, "upper/etc");
  await mkdir(etc, { recursive: true });
  await mkdir(join(disk, "upper/usr/local/bin"), { recursive: true });
  await mkdir(join(disk, "build"));
  await writeFile(join(etc, "machine-id"), `${machineId}\n`);
  await writeFile(join(etc, "volume"), volume);
  await writeFile(join(etc, "pip.conf"), "[global]\nno-index = true\nfind-links = /usr/local/wheels\n");
  await writeFile(join(etc, "resolv.conf"), `nameserver ${nameServer}\nsearch cluster.local\noptions ndots:5\n`);
  await cp(wheels, join(disk, "upper/usr/local/wheels"), { recursive: true });
  await cp(bundle, join(disk, "upper/usr/local/bundle.mjs"));
}

/** Copies a disk as a backup tool does. The copy gets another machine id. */
export async function copyDisk(from: string, to: string, machineId: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await execa("cp", ["-a", from, to]);
  await rm(join(to, "work"), { recursive: true, force: true });
  await writeFile(join(to, "upper/etc/machine-id"), `${machineId}\n`);
}

/** Starts a machine with this disk. */
export async function startMachine(name: string, disk: string, cable: Cable): Promise<Machine> {
  await chmod(disk, 0o755);
  const namespaces = ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"];
  // The machine ends with this process, also after its SIGKILL.
  const alone = ["--pdeathsig=KILL", "nsenter", `--net=${cable.network}`, "unshare", ...namespaces];
  const holder: ChildProcess = spawn(
    "setpriv",
    [...alone, "--propagation=private", "sh", "-c", boot, "sh", disk, name],
    {
      cwd: "/",
      env: { PATH: path, HOME: "/root", LANG: "C.UTF-8" },
      stdio: "ignore",
    },
  );
  const ended = once(holder, "exit");
  const init = async () => (await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8")).trim();
  const inside = async (command: readonly string[], input = "") => {
    const args = [`--target=${await init()}`, "--mount", "--pid", "--net", "--uts", "--ipc", "--wd=/", ...command];
    const { stdout } = await execa("nsenter", args, { input, env: { PATH: path, HOME: "/root" }, extendEnv: false });
    return stdout;
  };
  await waitFor(`${name} to boot`, () => inside(["test", "-e", "/run/booted"]).then(() => true), 20_000);
  const shell = (script: string, input?: string) => inside(["sh", "-c", script], input);

  return {
    cable,
    builderpool: (args, input) => inside(["sh", "/usr/local/bundle.mjs", ...args], input),
    serve: async (program) => void (await shell(`echo "${program}" > /etc/served`)),
    report: async (host) =>
      AgentReport.parse(
        JSON.parse(await readFile(join(disk, "upper/var/lib/builderpool", host, "running.json"), "utf8")),
      ),
    async signal(signal, processes) {
      if (processes.length > 0) await inside(["kill", `-${signal}`, ...processes.map(({ pid }) => String(pid))]);
    },
    async processes() {
      const lines = (await inside(["ps", "-ww", "-eo", "pid=,uid=,args="])).split("\n");
      return lines.flatMap((line) => {
        const { pid, uid, command = "" } = /^ *(?<pid>\d+) +(?<uid>\d+) (?<command>.*)$/.exec(line)?.groups ?? {};
        return pid === undefined ? [] : [{ pid: Number(pid), uid: Number(uid), command }];
      });
    },
    install: async (program, script) =>
      void (await shell(`cat > /usr/local/bin/${program} && chmod 755 /usr/local/bin/${program}`, script)),
    uninstall: async (program) => void (await shell(`rm /usr/local/bin/${program}`)),
    write: async (file, text) => void (await shell(`cat > ${file}`, text)),
    log: (host) => inside(["cat", `/var/log/builderpool/${host}.log`]).catch(String),
    async cutPower() {
      // With the first process of the machine all others end, and then their parent.
      const first = Number(await init().catch(() => ""));
      if (first > 0) process.kill(first, "SIGKILL");
      else if (holder.exitCode === null && holder.signalCode === null) holder.kill("SIGKILL");
      await ended;
    },
  };
}
