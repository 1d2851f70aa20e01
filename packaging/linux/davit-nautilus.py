"""“Upload with Davit” in the menu of files and folders in GNOME Files, which asks nothing but an extension what else there is.

It is read where nautilus-python is installed, and nowhere else.
"""
from gi.repository import Gio, GObject, Nautilus


class Davit(GObject.GObject, Nautilus.MenuProvider):
    def get_file_items(self, *given):
        # Before GNOME Files 43 its window was given first.
        paths = [file.get_location().get_path() for file in given[-1]]
        # What has no path lies on no drive and in no folder of this computer.
        if not paths or None in paths:
            return []
        item = Nautilus.MenuItem(name="Davit::upload", label="Upload with Davit", tip="", icon="davit-app")
        item.connect("activate", self.upload, paths)
        return [item]

    def get_background_items(self, *given):
        return []

    def upload(self, _item, paths):
        Gio.Subprocess.new(["davit-app", *paths], Gio.SubprocessFlags.NONE)
