// One line of a menu.
export interface Choice {
  label: string;
  /** It is a name, and may be written in the other direction. */
  name?: boolean;
  run: () => void;
  /** The keys that do the same. */
  keys?: string;
  kind?: 'bad';
  /** A line above it. */
  apart?: boolean;
  checked?: boolean;
  /** Why it cannot be chosen; it stands beside it. */
  not?: string;
}
