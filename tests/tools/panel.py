"""What a desktop shows of programs besides their windows: icons in a panel, and notifications; for the programs on this session's bus.

Prints "ready"; "shown" whenever a program puts an icon there, and "told" with title and text, as JSON, whenever one shows a notification.
Each line of its input is something to do: "menu" prints the lines of the last icon's menu as JSON, "click" clicks the last
notification, and anything else is chosen in that menu: "chosen" if it is there. Ends with its input.
"""
import json
import sys

from gi.repository import Gio, GLib

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
XML = f"""
<node><interface name="{WATCHER}">
  <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
  <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
  <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
  <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
  <property name="ProtocolVersion" type="i" access="read"/>
  <signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
  <signal name="StatusNotifierHostRegistered"/>
</interface></node>"""

NOTIFICATIONS = "org.freedesktop.Notifications"
NOTES = f"""
<node><interface name="{NOTIFICATIONS}">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{{sv}}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>"""

items = []
notes = 0


def say(words):
    print(words, flush=True)


def called(bus, sender, path, interface, method, arguments, invocation):
    if method == "RegisterStatusNotifierItem":
        (service,) = arguments.unpack()
        items.append((sender, service) if service.startswith("/") else (service, "/StatusNotifierItem"))
        say("shown")
    invocation.return_value(None)


def told(bus, sender, path, interface, method, arguments, invocation):
    global notes
    answers = {
        "Notify": lambda: GLib.Variant("(u)", (notes,)),
        "CloseNotification": lambda: None,
        "GetCapabilities": lambda: GLib.Variant("(as)", (["actions", "body", "body-markup"],)),
        "GetServerInformation": lambda: GLib.Variant("(ssss)", ("panel", "tests", "1", "1.2")),
    }
    if method == "Notify":
        notes += 1
        _, _, _, title, text, *_ = arguments.unpack()
        say("told " + json.dumps([title, text]))
    invocation.return_value(answers[method]())


def asked(bus, sender, path, interface, name):
    known = {
        "RegisteredStatusNotifierItems": GLib.Variant("as", [owner + where for owner, where in items]),
        "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
        "ProtocolVersion": GLib.Variant("i", 0),
    }
    return known[name]


def ask(owner, where, interface, method, arguments):
    return bus.call_sync(owner, where, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 5000, None).unpack()


def flat(lines):
    """Lines of a menu, each with those of its own menu behind it."""
    for number, of, below in lines:
        yield number, of
        yield from flat(below)


def menu():
    """Where the menu is, and its lines: number, words, whether it can be chosen."""
    owner, where = items[-1]
    (at,) = ask(owner, where, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (ITEM, "Menu")))
    _, (_, _, lines) = ask(owner, at, MENU, "GetLayout", GLib.Variant("(iias)", (0, -1, [])))
    # GTK underlines the letter behind one of them.
    words = lambda of: of.get("label", "").replace("__", "_").replace("\u00a0", " ")
    return owner, at, [(number, words(of), of.get("enabled", True)) for number, of in flat(lines) if of.get("type") != "separator"]


def does(source, condition):
    line = sys.stdin.readline()
    if not line:
        loop.quit()
        return GLib.SOURCE_REMOVE
    if line.strip() == "click":
        clicked = GLib.Variant("(us)", (notes, "default"))
        bus.emit_signal(None, "/org/freedesktop/Notifications", NOTIFICATIONS, "ActionInvoked", clicked)
        say("clicked")
        return GLib.SOURCE_CONTINUE
    owner, at, lines = menu()
    if line.strip() == "menu":
        say(json.dumps([words for _, words, _ in lines]))
        return GLib.SOURCE_CONTINUE
    found = [number for number, words, enabled in lines if words == line.strip() and enabled]
    if found:
        ask(owner, at, MENU, "Event", GLib.Variant("(isvu)", (found[0], "clicked", GLib.Variant("i", 0), 0)))
    say("chosen" if found else "not there")
    return GLib.SOURCE_CONTINUE


bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
bus.register_object("/StatusNotifierWatcher", Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], called, asked, None)
bus.register_object("/org/freedesktop/Notifications", Gio.DBusNodeInfo.new_for_xml(NOTES).interfaces[0], told, None, None)
Gio.bus_own_name_on_connection(bus, NOTIFICATIONS, Gio.BusNameOwnerFlags.NONE, None, None)
Gio.bus_own_name_on_connection(bus, WATCHER, Gio.BusNameOwnerFlags.NONE, lambda *_: say("ready"), None)
GLib.io_add_watch(GLib.IOChannel.unix_new(sys.stdin.fileno()), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, does)
loop = GLib.MainLoop()
loop.run()
