"""A pull request that searches for secrets in all places a build can read. Reports each find, and each place it can change.

usage: spy.py REPORT WORK_FOLDER
"""
import glob
import json
import os
import re
import sys

report, work = sys.argv[1:3]
secret = re.compile(rb"ghp_[A-Za-z]{4,}")
found, readable, writable = [], [], []


def look(where, read):
    try:
        text = read()
    except (OSError, ValueError, OverflowError):
        return
    readable.append(where)
    for word in sorted(set(secret.findall(text))):
        found.append(where + " " + word.decode())


def whole(path):
    # skip devices and pipes, which would block, and our own report, which contains the finds
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        return file.read(1 << 24) or b""


def memory(pid):
    pieces = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            ends, mode = line.split()[:2]
            first, last = (int(end, 16) for end in ends.split("-"))
            if not mode.startswith("rw") or last - first > 1 << 26:
                continue
            try:
                mem.seek(first)
                pieces += secret.findall(mem.read(last - first))
            except (OSError, OverflowError):
                pass
    return b" ".join(pieces)


def attempt(what, change):
    try:
        change()
        writable.append(what)
    except OSError:
        pass


pids = [name for name in os.listdir("/proc") if name.isdigit() and name != str(os.getpid())]
for pid in pids:
    for name in ("environ", "cmdline"):
        look(f"/proc/PID/{name}", lambda: whole(f"/proc/{pid}/{name}"))
    look("/proc/PID/mem", lambda: memory(pid))
    for link in glob.glob(f"/proc/{pid}/fd/*"):
        look("/proc/PID/fd", lambda: whole(link))
for fd in range(3, 21):
    look(f"fd {fd}", lambda: (os.set_blocking(fd, False), os.read(fd, 1 << 16))[1])
for folder, _, files in os.walk(work):
    for name in files:
        path = os.path.join(folder, name)
        look(os.path.relpath(path, work), lambda: whole(path))
for name in ("store.db", "store.db-wal", "lock", "builderpool.log", "secrets/bot/token"):  # the folder itself cannot be listed
    look(name, lambda: whole(os.path.join(work, name)))

for name in ("store.db", "store.db-wal", "store.db-shm", "lock", "builderpool.log"):
    attempt(name, lambda: os.close(os.open(os.path.join(work, name), os.O_WRONLY)))
sandbox = os.path.join(work, "builders/hello-0")
for folder in (work, f"{work}/secrets", f"{work}/logs", f"{work}/mirrors", f"{work}/mirrors/alice/hello.git", f"{work}/builders",
               sandbox, f"{sandbox}/config", f"{sandbox}/state", f"{work}/builders/hello-1/area", f"{work}/builders/hello-1/tools"):
    path = os.path.join(folder, "forged")
    attempt(os.path.relpath(folder, work), lambda: (os.close(os.open(path, os.O_CREAT | os.O_WRONLY)), os.unlink(path)))
for name in ("force-hashes", "output.log", "state/ready"):
    attempt(name, lambda: os.close(os.open(os.path.join(sandbox, name), os.O_WRONLY)))

with open(report, "w") as file:
    json.dump({"uid": os.getuid(), "found": sorted(set(found)), "readable": sorted(set(readable)), "writable": sorted(set(writable)),
               "environment": sorted(os.environ), "processes": len(pids)}, file)
print("the spy was here")
