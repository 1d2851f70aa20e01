"""Asks a window to close, as the button in its frame does: close.py WINDOW."""
import sys

from Xlib import X, display
from Xlib.protocol import event

screen = display.Display()
window = screen.create_resource_object("window", int(sys.argv[1]))
closes = [screen.intern_atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0]
asked = event.ClientMessage(window=window, client_type=screen.intern_atom("WM_PROTOCOLS"), data=(32, closes))
window.send_event(asked, event_mask=0)
screen.sync()
