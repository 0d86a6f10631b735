import type { Order } from "../../api/cell/order.ts";

/** The file system as an order sees it. All paths are absolute. Every other mount of the machine is read-only. */
export interface View {
  /** Folders that the order may write, as far as their modes allow. */
  readonly writable: readonly string[];
  /** Folders that the order can only read, whatever their modes say. */
  readonly readable: readonly string[];
  /** Folders that the order finds empty and closed. */
  readonly hidden: readonly string[];
  /** Folders that the order finds empty, except for its mirrors. */
  readonly narrow: readonly string[];
  /**
   * Programs and folders that the order needs. If a path is in a public folder, its entry there stays visible, with its
   * owner and modes.
   */
  readonly kept: readonly string[];
}

/** The view of one order: with its mirrors, its local repositories and the paths in its environment. */
export function viewOf(
  { sources, pullRequest, gitUrl, check }: Order,
  { readable, kept, ...view }: View,
  environment: Readonly<Record<string, string>>,
): View {
  const mirrors = [...sources, ...(pullRequest === undefined ? [] : [pullRequest])].map(({ mirror }) => mirror);
  const named = [
    ...[gitUrl, check.remoteStore ?? "", check.tool.alibuild].map((address) => address.replace(/^.*file:\/\//, "")),
    ...Object.values(environment).flatMap((value) => value.split(":")),
  ].filter((path) => path.startsWith("/"));
  return { ...view, readable: [...new Set([...readable, ...mirrors])], kept: [...kept, ...named] };
}

/**
 * Folders that every program of a machine can write. Each order gets new, empty ones in memory. Each holds at most a
 * quarter of the memory, so that a build cannot fill it.
 */
export const publicFolders = ["/tmp", "/var/tmp", "/dev/shm"] as const;

/** File systems that the kernel writes, or that are new in the namespaces of the order. */
const systemFolders = ["/proc", "/dev/pts", "/dev/mqueue"];

/** Arguments of `viewScript`: the name of each kind before its paths, and `--` before the command. */
export function viewArgumentsOf({ writable, readable, hidden, narrow, kept }: View): readonly string[] {
  const isInside = (path: string) => narrow.some((folder) => path.startsWith(`${folder}/`));
  const kinds = {
    "keep:": topsOf([...writable, ...readable, ...hidden, ...narrow, ...kept]),
    "public:": publicFolders,
    "narrow:": narrow,
    "need:": readable.filter(isInside),
    "write:": writable,
    "read:": readable,
    "hide:": hidden,
    "system:": systemFolders,
  };
  return [...Object.entries(kinds).flatMap(([kind, paths]) => [kind, ...paths]), "--"];
}

/**
 * A shell script that gives a command its view. It needs root and a mount namespace. Every path is an argument, so no
 * path is part of the script. While a folder is replaced, the entries that stay wait below /sys. A mount that
 * stays writable is reported in the output of the order: it does not stop the builder.
 */
export const viewScript = `
each() {
  wanted="$1"; action="$2"; shift 2; kind=
  for word; do
    case "$word" in
      --) return 0;;
      keep:|public:|narrow:|need:|write:|read:|hide:|system:) kind="$word";;
      *) if [ "$kind" = "$wanted" ]; then "$action" "$word"; fi;;
    esac
  done
}
save() { number=$((number + 1)); mkdir "/sys/$number"; mount --rbind "$1" "/sys/$number" 2>/dev/null || :; }
restore() {
  number=$((number + 1)); mkdir -p "$1"; mount --move "/sys/$number" "$1" 2>/dev/null || rmdir "$1"
}
replace() {
  if [ -d "$1" ] && [ ! -L "$1" ]; then mount -t tmpfs -o mode=1777,nosuid,nodev,size=25% private "$1"; fi
}
narrow() { [ ! -d "$1" ] || mount -t tmpfs -o mode=755,nosuid,nodev,size=1m narrow "$1"; }
open_() { mount --bind "$1" "$1"; }
close_() { mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; }
hide() { mount -t tmpfs -o mode=000,size=4k hidden "$1"; }
stays() {
  place="$1"; shift; kind=
  for word; do
    case "$word" in
      --) return 1;;
      keep:|public:|narrow:|need:|write:|read:|hide:|system:) kind="$word";;
      *) case "$kind" in
           public:) if [ "$place" = "$word" ]; then return 0; fi;;
           keep:|write:|system:) case "$place" in "$word"|"$word"/*) return 0;; esac;;
         esac;;
    esac
  done
}
mount -t tmpfs -o mode=700 stage /sys
number=0; each keep: save "$@"
each public: replace "$@"
number=0; each keep: restore "$@"
umount /sys
mount -t tmpfs -o mode=700 stage /sys
number=0; each need: save "$@"
each narrow: narrow "$@"
number=0; each need: restore "$@"
umount /sys
if [ -d /dev/mqueue ]; then mount -t mqueue private /dev/mqueue || :; fi
each write: open_ "$@"
each read: close_ "$@"
each hide: hide "$@"
mounts="$(cat /proc/self/mountinfo)"
printf '%s\\n' "$mounts" | while read -r _ _ _ _ path options _; do
  path="$(printf %b "$path")"
  case ",$options," in *,ro,*) continue;; esac
  if stays "$path" "$@"; then continue; fi
  mount -o remount,bind,ro "$path" 2>/dev/null || [ ! -e "$path" ] || echo "$path stays writable" >&2
done
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`;

/** The entries of public folders that contain the paths: `/tmp/ci` for `/tmp/ci/builders/o2-0/area`. */
function topsOf(paths: readonly string[]): readonly string[] {
  const tops = paths.flatMap((path) => {
    const folder = publicFolders.find((one) => path.startsWith(`${one}/`));
    const [top = ""] = path.slice((folder?.length ?? 0) + 1).split("/");
    return folder === undefined ? [] : [`${folder}/${top}`];
  });
  return [...new Set(tops)];
}
