# Serves a folder to be read, as a drive of the kernel's FUSE: FOLDER MOUNT HEALTH CLOSING. The file HEALTH says how the drive is:
# nothing, "files" (no byte can be read), "all" (nothing can) or "lists" (silent from the moment that a folder is listed).
# CLOSING is "asks" where whoever closes a file waits for its answer, as most programs that serve drives have it.
# Each line of its input that says "silent" or "answers" is done and then said again.
import ctypes, os, select, struct, sys

folder, mount, health, closing = sys.argv[1:]
kernel = os.open("/dev/fuse", os.O_RDWR | os.O_NONBLOCK)
libc = ctypes.CDLL(None, use_errno=True)
options = f"fd={kernel},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}".encode()
MS_NOSUID_NODEV = 6
if libc.mount(b"served", mount.encode(), b"fuse", MS_NOSUID_NODEV, options) != 0:
    sys.exit(1)
print("mounted", flush=True)

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 17, 18, 25, 26
OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 27, 28, 29, 36, 42
EIO, ENOENT, ENOSYS, EAGAIN, EINTR = 5, 2, 38, 11, 4
paths = {1: folder}
numbers = {folder: 1}


def told():
    """The next line of the input, once it was said again."""
    line = b""
    # Byte by byte: what was read ahead would not show in select.
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        line += byte
    print(line.decode().strip(), flush=True)
    return line.strip()


def stay_silent():
    while told() != b"answers":
        pass


def attributes(path, number):
    s = os.stat(path)
    of = lambda nanos: (nanos // 10**9, nanos % 10**9)
    (a, an), (m, mn), (c, cn) = of(s.st_atime_ns), of(s.st_mtime_ns), of(s.st_ctime_ns)
    whole = (number, s.st_size, s.st_blocks, a, m, c, an, mn, cn, s.st_mode, s.st_nlink, s.st_uid, s.st_gid, 0, 4096, 0)
    return struct.pack("<6Q10I", *whole)


def answer(what, node, body):
    state = open(health).read()
    if what == INIT:
        major, minor, ahead, _ = struct.unpack_from("<4I", body)
        return struct.pack("<4I2H2I2H2I6I", 7, min(minor, 31), ahead, 0, 12, 9, 1 << 17, 1, 0, 0, *[0] * 8)
    if state == "all" or (state == "files" and what == READ):
        raise OSError(EIO, "broken")
    if state == "lists" and what == READDIR:
        stay_silent()
    path = paths[node]
    if what == LOOKUP:
        path = os.path.join(path, os.fsdecode(body.rstrip(b"\0")))
        os.stat(path)
        number = numbers.setdefault(path, len(numbers) + 1)
        paths[number] = path
        return struct.pack("<4Q2I", number, 0, 0, 0, 0, 0) + attributes(path, number)
    if what == GETATTR:
        return struct.pack("<QII", 0, 0, 0) + attributes(path, node)
    if what in (OPEN, OPENDIR):
        DIRECT_IO, NO_FLUSH = 1, 0 if closing == "asks" else 1 << 5
        return struct.pack("<QII", 0, DIRECT_IO | NO_FLUSH if what == OPEN else 0, 0)
    if what in (READ, READDIR):
        _, offset, size = struct.unpack_from("<QQI", body)
        if what == READ:
            with open(path, "rb") as file:
                file.seek(offset)
                return file.read(size)
        entries = b""
        for number, name in list(enumerate(sorted(os.listdir(path)), 1))[offset:]:
            name = os.fsencode(name)
            entry = struct.pack("<QQII", number + 1000, number, len(name), 0) + name
            entry += bytes(-len(entry) % 8)
            if len(entries) + len(entry) > size:
                break
            entries += entry
        return entries
    if what == STATFS:
        return struct.pack("<5Q4I6I", 0, 0, 0, 0, 0, 4096, 255, 4096, 0, *[0] * 6)
    if what in (RELEASE, RELEASEDIR, FLUSH):
        return b""
    raise OSError(ENOSYS, "not served")


while True:
    # Silence begins between two requests. The kernel lets nobody end, not even by kill -9, who waits for one that was read.
    asked, _, _ = select.select([0, kernel], [], [])
    if 0 in asked:
        if told() == b"silent":
            stay_silent()
        continue
    try:
        request = os.read(kernel, 1 << 20)
    except OSError as error:
        # Whoever asked is gone.
        if error.errno in (ENOENT, EAGAIN, EINTR):
            continue
        break
    _, what, unique, node = struct.unpack_from("<IIQQ", request)
    if what in (FORGET, BATCH_FORGET, INTERRUPT):
        continue
    try:
        code, body = 0, answer(what, node, request[40:])
    except OSError as error:
        code, body = -error.errno, b""
    try:
        os.write(kernel, struct.pack("<IiQ", 16 + len(body), code, unique) + body)
    except OSError:
        pass
