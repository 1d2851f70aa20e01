"""Waits until a window stands on the screen: stands.py TITLE.

Prints "looks" once it does, and then when the window manager had put a window with that title there, in milliseconds since 1970.
Windows that are there before do not count.
"""
import sys
import time

from Xlib import X, display
from Xlib.error import XError

screen = display.Display()
root = screen.screen().root
LIST = screen.intern_atom("_NET_CLIENT_LIST")


def windows():
    told = root.get_full_property(LIST, X.AnyPropertyType)
    return list(told.value) if told else []


def title(window):
    try:
        return screen.create_resource_object("window", window).get_wm_name()
    except XError:  # it went away while we looked
        return None


root.change_attributes(event_mask=X.PropertyChangeMask)
before = windows()
print("looks", flush=True)
came = {}
while True:
    # It may be called so later than it is there.
    now = time.time() * 1000
    for window in windows():
        if window not in before:
            came.setdefault(window, now)
            if title(window) == sys.argv[1]:
                print(came[window], flush=True)
                sys.exit(0)
    if not screen.pending_events() and not came:
        screen.next_event()
    else:
        while screen.pending_events():
            screen.next_event()
        time.sleep(0.005)
