#!/usr/bin/python3
"""Drops files on a window as a file manager does it (XDND 5), without moving the pointer.

usage: xdnd.py TITLE X Y FILE...   X and Y within the window.
Prints "over" once the files hover there. A line "X Y" holds them elsewhere, and "over" is printed again; an empty one drops them:
exit code 0 when the window took them.
"""
import sys
import time
import urllib.parse

from Xlib import X, Xatom, display
from Xlib.protocol import event

PATIENCE = 20.0


class Drag:
    def __init__(self, title, files):
        self.display = display.Display()
        self.root = self.display.screen().root
        self.window = self.find(title)
        self.source = self.root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
        self.uris = "".join(f"file://{urllib.parse.quote(name)}\r\n" for name in files).encode()
        self.source.set_selection_owner(self.atom("XdndSelection"), X.CurrentTime)
        self.display.sync()

    def atom(self, name):
        return self.display.intern_atom(name)

    def all_below(self, window):
        yield window
        for child in window.query_tree().children:
            yield from self.all_below(child)

    def find(self, title):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for window in self.all_below(self.root):
                try:
                    aware = window.get_full_property(self.atom("XdndAware"), X.AnyPropertyType)
                    if aware and window.get_wm_name() == title:
                        return window
                except Exception:  # it went away while we looked
                    continue
        sys.exit(f"no window {title!r} takes drops")

    def send(self, kind, *data):
        message = event.ClientMessage(window=self.window, client_type=self.atom(kind), data=(32, list(data)))
        self.window.send_event(message, event_mask=0)
        self.display.flush()

    def serve(self, request):
        """Hands the list of files to whoever asks for it."""
        where = request.property or request.target
        if request.target == self.atom("TARGETS"):
            offered = [self.atom("TARGETS"), self.atom("text/uri-list")]
            request.requestor.change_property(where, Xatom.ATOM, 32, offered)
        else:
            request.requestor.change_property(where, request.target, 8, self.uris)
        told = event.SelectionNotify(
            time=request.time, requestor=request.requestor, selection=request.selection,
            target=request.target, property=where,
        )
        request.requestor.send_event(told)
        self.display.flush()

    def answer(self, kind, patience):
        until = time.monotonic() + patience
        while time.monotonic() < until:
            while self.display.pending_events():
                seen = self.display.next_event()
                if seen.type == X.SelectionRequest:
                    self.serve(seen)
                elif seen.type == X.ClientMessage and self.display.get_atom_name(seen.client_type) == kind:
                    return seen
            time.sleep(0.005)
        return None

    def enter(self):
        self.send("XdndEnter", self.source.id, 5 << 24, self.atom("text/uri-list"), 0, 0)

    def hover(self, x, y):
        corner = self.root.translate_coords(self.window, 0, 0)
        for step in range(4):
            at = ((corner.x + x + step) << 16) | (corner.y + y + step)
            self.send("XdndPosition", self.source.id, 0, at, X.CurrentTime, self.atom("XdndActionCopy"))
            self.answer("XdndStatus", 1.0)

    def drop(self):
        self.send("XdndDrop", self.source.id, 0, X.CurrentTime, 0, 0)
        finished = self.answer("XdndFinished", PATIENCE)
        return finished is not None and finished.data[1][1] & 1


def main():
    title, x, y, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    drag = Drag(title, files)
    drag.enter()
    drag.hover(x, y)
    print("over", flush=True)
    while elsewhere := sys.stdin.readline().split():
        drag.hover(*map(int, elsewhere))
        print("over", flush=True)
    sys.exit(0 if drag.drop() else "the window did not take the files")


main()
