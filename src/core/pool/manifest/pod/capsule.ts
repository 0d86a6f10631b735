import { mostProcesses } from "../../../../api/cell/limits.ts";

/**
 * Folder of the capsule: Node with its libraries and loader, an init process that reaps, and the cell's programs. With
 * it the cells run in any image with any libc. The image of the pool only provides the tools that builds use.
 */
export const capsule = "/capsule";

/** One of the two cells of a pod. */
export interface PodCell {
  /** Name of the container. */
  readonly container: "cell" | "cell-base";
  /** Orders that the cell accepts. */
  readonly role: "build" | "base";
  /** Socket in a volume of its own. The other cell does not mount the volume. */
  readonly socket: string;
  /**
   * Socket for liveness probes. A name without a slash is abstract, so no build can replace the socket. All containers
   * of a pod share abstract names, so a build could take the name of another cell. No build can enter the folder of a
   * path.
   */
  readonly probe: string;
}

/** The cell that builds pull requests. */
export const buildCell: PodCell = {
  container: "cell",
  role: "build",
  socket: "/run/cell/cell.sock",
  probe: "builderpool-cell",
};

/** The cell that builds base branches and installs tools. It never runs code of a pull request. */
export const baseCell: PodCell = {
  container: "cell-base",
  role: "base",
  socket: "/run/base/cell.sock",
  probe: "/run/base/probe.sock",
};

/** Folder of the Secrets that the pool gives to builds, with one subfolder for each Secret. */
export const cellSecretsFolder = "/secrets";

/** Writable folders outside the work areas. A cell empties them after every order. */
export const scratch = ["/tmp", "/dev/shm", "/dev/mqueue"] as const;

/** Arguments of the builder image to fill the capsule, create the folders of the volume, and exit. */
export function capsuleArgumentsOf(data: string): readonly string[] {
  return ["capsule", capsule, data];
}

/**
 * Command of the container of a cell: it listens, alone in its PID namespace, and starts the cell program for each
 * order. It empties `scratch`, the `added` folders and the folder of its sockets after every order.
 */
export function cellCommandOf({ role, socket, probe }: PodCell, added: readonly string[] = []): readonly string[] {
  return [
    `${capsule}/tini`,
    "--",
    ...inCapsule("cell-serve"),
    "--alone",
    ...["--cell", role],
    ...["--socket", socket],
    ...["--probe", probe],
    ...[...scratch, folderOf(socket), ...added].flatMap((directory) => ["--empty", directory]),
    "--",
    ...fenced(inCapsule("cell")),
  ];
}

/**
 * Starts a command with limits: no core files, and a number of processes. Kubernetes has no field for them. bash calls
 * the second limit `-u`, dash calls it `-p`. All pods of a node share it, except in user namespaces.
 */
function fenced(command: readonly string[]): readonly string[] {
  const limits = `ulimit -c 0; ulimit -u ${mostProcesses} 2> /dev/null || ulimit -p ${mostProcesses} 2> /dev/null`;
  return ["/bin/sh", "-c", `${limits}; exec "$@"`, "sh", ...command];
}

/** Folder of a socket. */
export function folderOf(socket: string): string {
  return socket.slice(0, socket.lastIndexOf("/"));
}

/** Command of the liveness probe of a cell. */
export function probeCommandOf({ probe }: PodCell): readonly string[] {
  return [...inCapsule("cell-probe"), probe];
}

/**
 * Starts Node through the loader of the capsule, so the image needs no loader. For Node its own executable is then the
 * loader. SIGUSR1 would open the debugger of Node to every process of the same user, builds included.
 */
function inCapsule(program: string): readonly string[] {
  return [
    ...[`${capsule}/loader`, "--library-path", `${capsule}/lib`, `${capsule}/node`],
    "--disable-sigusr1",
    `${capsule}/app/${program}.mjs`,
  ];
}
