#!/usr/bin/python3
"""The screen's clipboard, as another program sees it.

usage: clipboard.py text           prints the text that is in it
       clipboard.py files FILE...  holds files as a file manager does that copied them: prints "held", ends once given
"""
import sys
import time
import urllib.parse

from Xlib import X, Xatom, display
from Xlib.protocol import event

PATIENCE = 20.0


class Clipboard:
    def __init__(self):
        self.display = display.Display()
        self.window = self.display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self.selection = self.atom("CLIPBOARD")

    def atom(self, name):
        return self.display.intern_atom(name)

    def events(self):
        self.display.flush()
        while self.display.pending_events():
            yield self.display.next_event()

    def text(self):
        wanted = self.atom("UTF8_STRING")
        self.window.convert_selection(self.selection, wanted, self.atom("DAVIT_TEXT"), X.CurrentTime)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for seen in self.events():
                if seen.type == X.SelectionNotify:
                    found = seen.property and self.window.get_full_property(seen.property, wanted)
                    return found.value.decode() if found else ""
            time.sleep(0.005)
        sys.exit("nobody answers for the clipboard")

    def hold(self, files):
        uris = "".join(f"file://{urllib.parse.quote(name)}\r\n" for name in files).encode()
        self.window.set_selection_owner(self.selection, X.CurrentTime)
        self.display.sync()
        print("held", flush=True)
        asked = False
        until = time.monotonic() + PATIENCE
        while not asked and time.monotonic() < until:
            for seen in self.events():
                if seen.type == X.SelectionRequest:
                    asked = self.serve(seen, uris) or asked
            time.sleep(0.005)
        if not asked:
            sys.exit("nobody asked for the files")

    def serve(self, request, uris):
        """Hands the list of files to whoever asks for it."""
        where = request.property or request.target
        files = request.target == self.atom("text/uri-list")
        if files:
            request.requestor.change_property(where, request.target, 8, uris)
        elif request.target == self.atom("TARGETS"):
            offered = [self.atom("TARGETS"), self.atom("text/uri-list")]
            request.requestor.change_property(where, Xatom.ATOM, 32, offered)
        else:
            where = X.NONE
        told = event.SelectionNotify(
            time=request.time, requestor=request.requestor, selection=request.selection,
            target=request.target, property=where,
        )
        request.requestor.send_event(told)
        self.display.flush()
        return files


def main():
    what, files = sys.argv[1], sys.argv[2:]
    clipboard = Clipboard()
    if what == "text":
        sys.stdout.write(clipboard.text())
    else:
        clipboard.hold(files)


main()
