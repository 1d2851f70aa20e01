"""A system bus with a login manager on it that does nothing but keep awake, for programs that ask it.

Prints the bus' address; then "held WHAT by WHO" whenever a program asks that the computer stays awake, and "let go of WHAT" when it
needs that no more. Ends with its input.
"""
import os
import subprocess
import sys

from gi.repository import Gio, GLib

MANAGER = Gio.DBusNodeInfo.new_for_xml("""
<node><interface name="org.freedesktop.login1.Manager"><method name="Inhibit">
  <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
  <arg type="h" direction="out"/>
</method></interface></node>""").interfaces[0]


def say(words):
    print(words, flush=True)


def called(bus, sender, path, interface, method, arguments, invocation):
    what, who, _why, mode = arguments.unpack()
    kept, given = os.pipe()
    descriptors = Gio.UnixFDList.new_from_array([given])
    say(f"held {what} by {who} ({mode})")

    def let_go(*_):
        say(f"let go of {what}")
        os.close(kept)
        return GLib.SOURCE_REMOVE

    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, kept, GLib.IOCondition.HUP, let_go)
    invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (0,)), descriptors)


daemon = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True)
address = daemon.stdout.readline().strip()
flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
bus.register_object("/org/freedesktop/login1", MANAGER, called, None, None)
loop = GLib.MainLoop()
Gio.bus_own_name_on_connection(bus, "org.freedesktop.login1", Gio.BusNameOwnerFlags.NONE, lambda *_: say(address), None)
GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, sys.stdin.fileno(), GLib.IOCondition.IN | GLib.IOCondition.HUP, lambda *_: loop.quit())
try:
    loop.run()
finally:
    daemon.terminate()
