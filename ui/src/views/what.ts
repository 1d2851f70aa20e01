// What was added, in words.
import type { InboxView } from '../ipc';
import { list, text } from '../text';

/** "2 folders and 1 file"; of what does not answer nobody knows what it is. */
export function whatOf(inboxes: InboxView[]): string {
  const sum = (of: (inbox: InboxView) => number) => inboxes.reduce((all, inbox) => all + of(inbox), 0);
  const [files, folders, unknown] = [sum((one) => one.files), sum((one) => one.folders), sum((one) => one.unknown)];
  if (unknown > 0) return text.items(files + folders + unknown);
  const parts = [];
  if (folders > 0) parts.push(text.folders(folders));
  if (files > 0) parts.push(text.files(files));
  return list(parts);
}
