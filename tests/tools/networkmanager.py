"""A system bus with a NetworkManager on it that does nothing but tell whether the network is metered.

Prints the bus' address. Each line of its input is what it tells from then on, as NetworkManager counts it (0 unknown, 1 yes, 2 no,
3 a guess that it is, 4 a guess that it is not); "away" takes it off the bus. It answers "told". Ends with its input.
"""
import subprocess
import sys

from gi.repository import Gio, GLib

NAME = "org.freedesktop.NetworkManager"
PATH = "/org/freedesktop/NetworkManager"
MANAGER = Gio.DBusNodeInfo.new_for_xml(f"""
<node><interface name="{NAME}"><property name="Metered" type="u" access="read"/></interface></node>""").interfaces[0]

metered = 0
owned = 0


def say(words):
    print(words, flush=True)


def does(source, condition):
    global metered, owned
    line = sys.stdin.readline().strip()
    if not line:
        loop.quit()
        return GLib.SOURCE_REMOVE
    if line == "away":
        Gio.bus_unown_name(owned)
        owned = 0
    else:
        metered = int(line)
        changed = GLib.Variant("(sa{sv}as)", (NAME, {"Metered": GLib.Variant("u", metered)}, []))
        bus.emit_signal(None, PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged", changed)
        if not owned:
            owned = Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, None, None)
    bus.flush_sync(None)
    say("told")
    return GLib.SOURCE_CONTINUE


daemon = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True)
address = daemon.stdout.readline().strip()
flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
bus.register_object(PATH, MANAGER, None, lambda *_: GLib.Variant("u", metered), None)
loop = GLib.MainLoop()
GLib.io_add_watch(GLib.IOChannel.unix_new(sys.stdin.fileno()), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, does)
say(address)
try:
    loop.run()
finally:
    daemon.terminate()
