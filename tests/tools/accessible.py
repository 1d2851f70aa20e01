"""What a screen reader is told of a program's windows (AT-SPI): accessible.py PROCESS.

Prints "ready" once it listens. Then for each line of its input the whole tree, from above, as one line of JSON: of each part how
deep it lies, its role, its name, its own text, its states and its attributes. Ends with its input.
"""
import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

# Deeper than any page; a tree that contains itself would have no end.
DEEPEST = 60


def states_of(one):
    return sorted(state.value_nick for state in one.get_state_set().get_states())


def text_of(one):
    if "Text" not in one.get_interfaces():
        return ""
    # What stands for the parts within it is no text.
    return Atspi.Text.get_text(one, 0, -1).replace("\ufffc", "").strip()


def walk(one, depth, into):
    if depth > DEEPEST:
        return
    # What goes away while it is looked at is not there.
    try:
        told = {
            "depth": depth,
            "role": one.get_role_name(),
            "name": one.get_name() or "",
            "text": text_of(one),
            "states": states_of(one),
            "attributes": dict(one.get_attributes() or {}),
        }
        children = [one.get_child_at_index(n) for n in range(one.get_child_count())]
    except GLib.Error:
        return
    into.append(told)
    for child in children:
        if child is not None:
            walk(child, depth + 1, into)


def tree_of(process):
    desktop = Atspi.get_desktop(0)
    into = []
    for n in range(desktop.get_child_count()):
        try:
            program = desktop.get_child_at_index(n)
            ours = program is not None and program.get_process_id() == process
        except GLib.Error:
            continue
        if ours:
            walk(program, 0, into)
    return into


def main():
    process = int(sys.argv[1])
    Atspi.init()
    print("ready", flush=True)
    for _ in sys.stdin:
        # Nothing that was told before is believed: the page changes under us.
        Atspi.get_desktop(0).clear_cache()
        print(json.dumps(tree_of(process)), flush=True)


main()
