/**
 * Folder of the capsule: Node with its libraries and loader, an init process that reaps, and the cell's programs. With
 * it the cell runs in any image with any libc. The image of the pool only provides the tools that builds use.
 */
export const capsule = "/capsule";

/** Socket of the cell, in a volume that both containers mount. */
export const cellSocket = "/run/cell/cell.sock";

/** Abstract socket where the cell server answers liveness probes. The containers of a pod share such names. */
const cellProbe = "builderpool-cell";

/** Folder of the Secrets that the pool gives to builds, with one subfolder for each Secret. */
export const cellSecretsFolder = "/secrets";

/** Writable folders outside the work area. The cell empties them after every order. */
export const scratch = ["/tmp", "/dev/shm"] as const;

/** Arguments of the builder image to fill the capsule and exit. */
export const capsuleArguments: readonly string[] = ["capsule", capsule];

/**
 * Command of the container `cell`: it listens, alone in its PID namespace, and starts the cell program for each order.
 */
export const cellCommand: readonly string[] = [
  `${capsule}/tini`,
  "--",
  ...inCapsule("cell-serve"),
  "--alone",
  ...["--socket", cellSocket],
  ...["--probe", cellProbe],
  ...scratch.flatMap((directory) => ["--empty", directory]),
  "--",
  ...inCapsule("cell"),
];

/** Command of the liveness probe of the container `cell`. */
export const probeCommand: readonly string[] = [...inCapsule("cell-probe"), cellProbe];

/**
 * Starts Node through the loader of the capsule, so the image needs no loader. For Node its
 * own executable is then the loader.
 */
function inCapsule(program: string): readonly string[] {
  return [`${capsule}/loader`, "--library-path", `${capsule}/lib`, `${capsule}/node`, `${capsule}/app/${program}.mjs`];
}
