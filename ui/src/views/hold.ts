// Where the window is taken hold of on macOS: its bar is the page's own there. Tauri heeds the mark, and takes hold of nothing
// that can be pressed; other systems have a title bar.
type Mark = { 'data-tauri-drag-region'?: 'deep' | '' };

/** A bar, with all that lies in it. */
export const held = (mac: boolean): Mark => (mac ? { 'data-tauri-drag-region': 'deep' } : {});

/** The ground of a whole page, and nothing that stands on it. */
export const ground = (mac: boolean): Mark => (mac ? { 'data-tauri-drag-region': '' } : {});
