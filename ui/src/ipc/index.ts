// One line a command; the only importer of @tauri-apps. Tests pass another `Ipc`.
import { Channel, invoke } from '@tauri-apps/api/core';
import type {
  Action,
  ByteRate,
  CopyWhat,
  DestinationId,
  DoneView,
  EntryView,
  Existing,
  FileSlice,
  Hello,
  HistoryView,
  Holds,
  InboxId,
  InboxView,
  ItemId,
  Limits,
  Preferences,
  Preview,
  Query,
  Root,
  SavedView,
  SessionView,
  ShellEvent,
  Target,
  TicketView,
  Update,
  UpdatesView,
  View,
  WatchId,
  WatchView,
  Wishes,
} from './bindings';

export type * from './bindings';

function channel<T>(listen: (message: T) => void): Channel<T> {
  const made = new Channel<T>();
  made.onmessage = listen;
  return made;
}

export const ipc = {
  hello: () => invoke<Hello>('hello'),
  connect: (address: string) => invoke<SessionView>('connect', { address }),
  signIn: (token: string) => invoke<SessionView>('sign_in', { token }),
  signOut: () => invoke<SessionView>('sign_out'),
  subscribeShell: (listen: (event: ShellEvent) => void) =>
    invoke<null>('subscribe_shell', { channel: channel(listen) }),
  answerQuit: (quit: boolean) => invoke<null>('answer_quit', { quit }),
  pickFiles: () => invoke<InboxView | null>('pick_files'),
  pickFolder: () => invoke<InboxView | null>('pick_folder'),
  paste: () => invoke<InboxView | null>('paste'),
  discard: (inboxes: InboxId[]) => invoke<null>('discard', { inboxes }),
  enqueue: (inboxes: InboxId[], destination: DestinationId) => invoke<TicketView>('enqueue', { inboxes, destination }),
  subscribe: (view: View, listen: (update: Update) => void) =>
    invoke<null>('subscribe', { channel: channel(listen), view }),
  setView: (view: View) => invoke<null>('set_view', { view }),
  act: (action: Action, targets: Target[]) => invoke<DoneView>('act', { action, targets }),
  pauseAll: () => invoke<DoneView>('pause_all'),
  resumeAll: () => invoke<DoneView>('resume_all'),
  retryAll: () => invoke<DoneView>('retry_all'),
  clearDone: () => invoke<DoneView>('clear_done'),
  folderFiles: (item: ItemId, search: string, first: number, count: number) =>
    invoke<FileSlice>('folder_files', { item, search, first, count }),
  copyLink: (target: Target) => invoke<Holds>('copy_link', { target }),
  copyText: (target: Target, what: CopyWhat) => invoke<null>('copy_text', { target, what }),
  copyWords: (words: string) => invoke<null>('copy_words', { words }),
  saveReceipt: (target: Target) => invoke<SavedView>('save_receipt', { target }),
  limits: () => invoke<Limits>('limits'),
  setLimits: (limits: Limits) => invoke<null>('set_limits', { limits }),
  chooseLimit: (rate: ByteRate | null) => invoke<null>('choose_limit', { rate }),
  followSchedule: () => invoke<null>('follow_schedule'),
  startsAtLogin: () => invoke<boolean>('starts_at_login'),
  startAtLogin: (on: boolean) => invoke<null>('start_at_login', { on }),
  preferences: () => invoke<Preferences>('preferences'),
  hasTray: () => invoke<boolean>('has_tray'),
  setPreferences: (preferences: Preferences) => invoke<null>('set_preferences', { preferences }),
  updates: () => invoke<UpdatesView>('updates'),
  checkUpdates: () => invoke<null>('check_updates'),
  installUpdate: () => invoke<null>('install_update'),
  leaveUpdate: () => invoke<null>('leave_update'),
  showInFolder: (target: Target) => invoke<null>('show_in_folder', { target }),
  searchHistory: (query: Query) => invoke<HistoryView>('search_history', { query }),
  historyRows: (search: number, first: number, count: number) =>
    invoke<(EntryView | null)[]>('history_rows', { search, first, count }),
  saveHistory: (query: Query) => invoke<SavedView>('save_history', { query }),
  uploadAgain: (item: ItemId) => invoke<null>('upload_again', { item }),
  subscribeWatches: (listen: (watches: WatchView[]) => void) =>
    invoke<null>('subscribe_watches', { channel: channel(listen) }),
  pickWatchRoot: () => invoke<InboxView | null>('pick_watch_root'),
  previewWatch: (root: Root, wishes: Wishes) => invoke<Preview>('preview_watch', { root, wishes }),
  checkWishes: (wishes: Wishes) => invoke<null>('check_wishes', { wishes }),
  addWatch: (inbox: InboxId, destination: DestinationId, wishes: Wishes, existing: Existing) =>
    invoke<WatchId>('add_watch', { inbox, destination, wishes, existing }),
  changeWatch: (watch: WatchId, before: Wishes, wishes: Wishes, destination: DestinationId | null) =>
    invoke<null>('change_watch', { watch, before, wishes, destination }),
  relocateWatch: (watch: WatchId, inbox: InboxId) => invoke<null>('relocate_watch', { watch, inbox }),
  answerWatch: (watch: WatchId, existing: Existing) => invoke<null>('answer_watch', { watch, existing }),
  pauseWatch: (watch: WatchId) => invoke<null>('pause_watch', { watch }),
  resumeWatch: (watch: WatchId) => invoke<null>('resume_watch', { watch }),
  pauseWatches: () => invoke<null>('pause_watches'),
  resumeWatches: () => invoke<null>('resume_watches'),
  checkWatch: (watch: WatchId) => invoke<null>('check_watch', { watch }),
  stopWatch: (watch: WatchId) => invoke<null>('stop_watch', { watch }),
};

export type Ipc = typeof ipc;
