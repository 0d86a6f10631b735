/**
 * What a pod brings along so that its cell runs in any image, whatever libc that has: Node with its libraries and their loader, an init that
 * reaps, and the cell's programs. The image of the pool gives the tools that builds use, and nothing of what runs the cell.
 */
export const capsule = "/capsule";

/** Where the cell listens for its builder, in a volume that both containers see. */
export const cellSocket = "/run/cell/cell.sock";

/** Where a cell finds the Secrets that its pool hands to builds, each in a folder of its name. */
export const cellSecretsFolder = "/secrets";

/** What builds can write outside the work folder; emptied after every order. */
export const scratch = ["/tmp", "/dev/shm"] as const;

/** Arguments of the builder's image that make it fill the capsule and end. */
export const capsuleArguments: readonly string[] = ["capsule", capsule];

/** Command of the container `cell`: alone in its PID namespace it listens, and starts the cell program once for each order. */
export const cellCommand: readonly string[] = [
  `${capsule}/tini`,
  "--",
  ...inCapsule("cell-serve"),
  "--alone",
  ...["--socket", cellSocket],
  ...scratch.flatMap((directory) => ["--empty", directory]),
  "--",
  ...inCapsule("cell"),
];

/** The loader is named, so the image needs none; and the path a program then finds of itself is the loader's. */
function inCapsule(program: string): readonly string[] {
  return [`${capsule}/loader`, "--library-path", `${capsule}/lib`, `${capsule}/node`, `${capsule}/app/${program}.mjs`];
}
