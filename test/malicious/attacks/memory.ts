import type { Attack } from "../attack.ts";

const privateMounts = "Each order has its own /tmp, /var/tmp and /dev/shm, or its leftovers are deleted by user";
const ipc = "Each order has its own IPC namespace, or the objects of its user are deleted";

/** Attacks through places that outlive processes. */
export const memory: readonly Attack[] = [
  {
    id: "I-20",
    kind: "isolation",
    title: "leaves a file in TMPDIR",
    held: "TMPDIR is new for each order",
    script: `leave "$TMPDIR/$canary"; mkdir -p "$TMPDIR/.hidden/..." && leave "$TMPDIR/.hidden/.../$canary"`,
  },
  {
    id: "I-21",
    kind: "isolation",
    title: "leaves a file in /tmp",
    held: privateMounts,
    script: `leave "/tmp/$canary"`,
  },
  {
    id: "I-22",
    kind: "isolation",
    title: "leaves a closed folder in /tmp",
    held: privateMounts,
    script: `leave "/tmp/$canary-closed/file"; chmod 000 "/tmp/$canary-closed"`,
  },
  {
    id: "I-23",
    kind: "isolation",
    title: "leaves a file in /var/tmp",
    held: privateMounts,
    script: `leave "/var/tmp/$canary"`,
  },
  {
    id: "I-24",
    kind: "isolation",
    title: "leaves a file in /dev/shm",
    held: privateMounts,
    script: `leave "/dev/shm/$canary"; mkdir -p "/dev/shm/$canary-2/x" && leave "/dev/shm/$canary-2/x/y"`,
  },
  {
    id: "I-25",
    kind: "isolation",
    title: "leaves a SysV shared memory segment",
    held: ipc,
    script: `"$reports/report" "ipc $id shm $(ipcmk -M 4096 -p 0666 | grep -o '[0-9]*$')"`,
  },
  {
    id: "I-26",
    kind: "isolation",
    title: "leaves SysV semaphores",
    held: ipc,
    script: `"$reports/report" "ipc $id sem $(ipcmk -S 2 -p 0666 | grep -o '[0-9]*$')"`,
  },
  {
    id: "I-27",
    kind: "isolation",
    title: "leaves a SysV message queue",
    held: ipc,
    script: `"$reports/report" "ipc $id msg $(ipcmk -Q -p 0666 | grep -o '[0-9]*$')"`,
  },
  {
    id: "I-28",
    kind: "isolation",
    title: "leaves a socket and a FIFO in /tmp",
    held: privateMounts,
    script: `
mkfifo "/tmp/$canary.fifo"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "/tmp/$canary.sock"`,
  },
  {
    id: "I-29",
    kind: "isolation",
    title: "leaves a lock in the folder for locks and a file in every writable folder of the system",
    held: privateMounts,
    script: `
for one in /run/lock /var/lock /var/crash /var/spool/* /run/user/* /var/metrics /dev/mqueue /dev /run /opt /srv /mnt; do
  [ -d "$one" ] && [ -w "$one" ] && [ ! -L "$one" ] && leave "$one/$canary" && "$reports/report" "everywhere $one/$canary"
done`,
  },
];
