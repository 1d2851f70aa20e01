// Made from Rust by `cargo xtask bindings`. Not to be edited.

export type ErrorCode = "offline" | "storage-busy" | "backend-down" | "source-offline" | "captive-portal" | "proxy-auth" | "sign-in-ended" | "wrong-token" | "sign-in-unfinished" | "no-credentials" | "access-denied" | "not-allowed" | "set-by-company" | "account-disabled" | "storage-full" | "too-large" | "file-missing" | "file-in-use" | "computer-busy" | "file-unreadable" | "file-changed" | "read-error" | "not-a-file" | "folder-loop" | "name-refused" | "key-too-long" | "already-there" | "no-trash" | "file-stays" | "damaged-on-the-way" | "check-mismatch" | "no-checksums" | "upload-expired" | "outcome-unknown" | "destination-gone" | "no-such-bucket" | "wrong-region" | "scope-changed" | "clock-wrong" | "untrusted-server" | "bad-certificate-file" | "client-too-old" | "address-unreachable" | "address-not-davit" | "address-insecure" | "backend-contract" | "keychain-unavailable" | "disk-full" | "journal-unwritable" | "journal-newer" | "journal-damaged" | "instance-busy" | "bad-input" | "unexpected";

export type Owner = "user" | "admin" | "service";

export type Fact = { "kind": "largest", 
/**
 * Than this.
 */
size: ByteCount, } | { "kind": "clock-off", 
/**
 * By so many seconds, one way or the other.
 */
seconds: number, } | { "kind": "kept", 
/**
 * For so many days.
 */
days: number, } | { "kind": "there", 
/**
 * Its bytes.
 */
size: ByteCount, 
/**
 * When it was stored, where the store says so.
 */
at: UnixTime | null, };

export type ItemId = number;

export type TransferId = number;

export type BatchId = number;

export type DestinationId = string;

export type ByteCount = number;

export type ByteRate = number;

export type UnixTime = number;

export type InboxId = number;

export type InboxView = { 
/**
 * Its name.
 */
id: InboxId, 
/**
 * Files among it.
 */
files: number, 
/**
 * Folders among it.
 */
folders: number, 
/**
 * What it has instead where the drive does not answer: nobody knows what they are.
 */
unknown: number, 
/**
 * Bytes of the files; folders are counted later.
 */
size: number, 
/**
 * At most three names.
 */
names: Array<string>, };

export type Problem = { 
/**
 * What.
 */
code: ErrorCode, 
/**
 * Who can put it right.
 */
owner: Owner, 
/**
 * For people who debug; no secrets.
 */
detail: string, 
/**
 * S3's request id.
 */
reference: string | null, };

export type Hello = { 
/**
 * Of the app.
 */
version: string, 
/**
 * `linux`, `macos` or `windows`.
 */
platform: string, 
/**
 * Who is signed in.
 */
session: SessionView, 
/**
 * What most people wish of a watched folder.
 */
usual: Wishes, 
/**
 * How the system writes numbers, dates and times.
 */
formats: Formats, };

export type Formats = { 
/**
 * Of numbers.
 */
numbers: string, 
/**
 * Of dates and times.
 */
times: string, };

export type SessionView = { "kind": "welcome", 
/**
 * The address that was tried.
 */
address: string | null, 
/**
 * What came of it.
 */
problem: Problem | null, } | { "kind": "stopped", 
/**
 * Why.
 */
problem: Problem, 
/**
 * Whether it goes on by itself once that is mended.
 */
again: boolean, } | { "kind": "connecting", 
/**
 * Its name, as it told last.
 */
company: string | null, 
/**
 * Its address.
 */
address: string, 
/**
 * What answers in its place, where something does.
 */
instead: ErrorCode | null, } | { "kind": "token", 
/**
 * Its name.
 */
company: string, 
/**
 * Its address.
 */
address: string, } | { "kind": "browser", 
/**
 * Its name.
 */
company: string, 
/**
 * Its address.
 */
address: string, } | { "kind": "signing-in", 
/**
 * The company's name.
 */
company: string, 
/**
 * Its address.
 */
address: string, 
/**
 * What the page in the browser asks for, or shows.
 */
code: string | null, 
/**
 * Where that page is, where no browser could be opened.
 */
at: string | null, 
/**
 * So long it is waited for.
 */
until: UnixTime, } | { "kind": "connected", 
/**
 * Its name.
 */
company: string, 
/**
 * Its address.
 */
address: string, 
/**
 * Where uploads may go.
 */
destinations: Array<DestinationView>, 
/**
 * Why the sign-in lasts no longer than Davit runs, where it does not.
 */
unkept: ErrorCode | null, } | { "kind": "signed-out", 
/**
 * Its name.
 */
company: string, 
/**
 * Its address.
 */
address: string, 
/**
 * Since when.
 */
since: UnixTime, 
/**
 * Whether the next one is in the browser.
 */
browser: boolean, };

export type DestinationView = { 
/**
 * Its id.
 */
id: DestinationId, 
/**
 * "Projects / Rushes".
 */
label: string, 
/**
 * Whether "Copy link" works there.
 */
linkable: boolean, };

export type TicketView = { 
/**
 * The gesture.
 */
batch: BatchId, 
/**
 * Rows it made.
 */
items: number, 
/**
 * Paths that could not be taken, and why the first of them.
 */
refused: number, 
/**
 * Why.
 */
why: ErrorCode | null, };

export type DoneView = { 
/**
 * Whether it can be taken back.
 */
undo: boolean, 
/**
 * What it touched.
 */
count: number, };

export type CopyWhat = "key" | "checksum" | "etag" | "version" | "reference" | "from";

export type SavedView = "saved" | "left" | "moving";

export type FoundView = "left" | "same" | "anew" | "not";

export type Holds = "now" | "later" | "perhaps";

export type Notice = { "kind": "mended" } | { "kind": "restored", 
/**
 * When the copy was made.
 */
from: UnixTime, } | { "kind": "begun-anew" };

export type UpdatesView = { 
/**
 * The version that runs.
 */
version: string, 
/**
 * How it stands.
 */
now: UpdatesNow, };

export type UpdatesNow = { "kind": "off", 
/**
 * Why.
 */
why: NoUpdates, } | { "kind": "current", 
/**
 * When that was found last.
 */
checked: UnixTime | null, 
/**
 * What came in between since.
 */
trouble: UpdateTrouble | null, } | { "kind": "looking" } | { "kind": "fetching", 
/**
 * Its version.
 */
version: string, 
/**
 * How much of it is there.
 */
percent: number, } | { "kind": "ready", 
/**
 * Its version.
 */
version: string, 
/**
 * What came in between when that was tried.
 */
trouble: UpdateTrouble | null, } | { "kind": "finishing", 
/**
 * Its version.
 */
version: string, };

export type NoUpdates = "company" | "packages" | "place" | "build";

export type UpdateTrouble = "unreachable" | "not-genuine" | "no-room" | "not-installed";

export type Wanted = { "kind": "needs-you" } | { "kind": "row", 
/**
 * Which.
 */
item: ItemId, } | { "kind": "files" } | { "kind": "folder" } | { "kind": "settings" } | { "kind": "shortcuts" };

export type ShellEvent = { "kind": "hover", 
/**
 * What.
 */
inbox: InboxView, 
/**
 * Where, from 0 to 1 of the page's width.
 */
x: number, 
/**
 * Where, from 0 to 1 of its height.
 */
y: number, } | { "kind": "hover-moved", 
/**
 * Where, from 0 to 1 of the page's width.
 */
x: number, 
/**
 * Where, from 0 to 1 of its height.
 */
y: number, } | { "kind": "hover-left" } | { "kind": "dropped", 
/**
 * What.
 */
inbox: InboxView, 
/**
 * Where, from 0 to 1 of the page's width.
 */
x: number, 
/**
 * Where, from 0 to 1 of its height.
 */
y: number, } | { "kind": "added", 
/**
 * What.
 */
inbox: InboxView, } | { "kind": "records", 
/**
 * What.
 */
notice: Notice, } | { "kind": "opened", 
/**
 * Who is signed in.
 */
session: SessionView, } | { "kind": "session", 
/**
 * To this.
 */
session: SessionView, } | { "kind": "quitting", 
/**
 * Rows that would stop.
 */
uploading: number, } | { "kind": "goes-on" } | { "kind": "updates", 
/**
 * So.
 */
updates: UpdatesView, } | { "kind": "wanted", 
/**
 * This.
 */
what: Wanted, };

export type Filter = "all" | "moving" | "needs-you" | "done";

export type View = { 
/**
 * Rows that count.
 */
filter: Filter, 
/**
 * Words, all of which are in a row's name or its destination's label, whatever their case and accents; none let all through.
 */
find: string, 
/**
 * The first row shown, from 0, in the filtered list.
 */
first: number, 
/**
 * How many rows are shown, at most 500.
 */
count: number, 
/**
 * Folder rows that are open and want their peek.
 */
open: Array<ItemId>, 
/**
 * The row whose details are open.
 */
focus: Target | null, 
/**
 * Whether every transfer that reaches an end is named in [`Delta::outcomes`] (the command line wants it).
 */
outcomes: boolean, };

export type Target = { "kind": "item", "id": ItemId } | { "kind": "transfer", "id": TransferId } | { "kind": "batch", "id": BatchId };

export type Action = "pause" | "resume" | "cancel" | "retry" | "keep-both" | "proposed-name" | "remove" | "undo" | "earlier" | "later" | "first" | "last";

export type Update = { "kind": "snapshot" } & Snapshot | { "kind": "delta" } & Delta;

export type Snapshot = { 
/**
 * The revision this is.
 */
rev: number, 
/**
 * Numbers over everything.
 */
totals: Totals, 
/**
 * The rows of the view.
 */
slice: Slice, 
/**
 * The focused row's details.
 */
details: Details | null, };

export type Delta = { 
/**
 * The revision this makes.
 */
rev: number, 
/**
 * Numbers over everything.
 */
totals: Totals, 
/**
 * The slice anew when rows came, went or the view moved; nothing when only contents changed.
 */
slice: Slice | null, 
/**
 * Rows of the slice whose contents changed.
 */
changed: Array<Row>, 
/**
 * What became of the focused row's details.
 */
details: Focused, 
/**
 * Transfers that reached an end; only when the view asks.
 */
outcomes: Array<Outcome>, };

export type Focused = { "kind": "same" } | { "kind": "now" } & Details | { "kind": "gone" };

export type Slice = { 
/**
 * The filter it was cut from.
 */
filter: Filter, 
/**
 * The words that were looked for.
 */
find: string, 
/**
 * The first row's place in the filtered list.
 */
first: number, 
/**
 * Rows in the whole filtered list.
 */
total: number, 
/**
 * The rows, in the order they are uploaded in: as they were added, unless the person moved some.
 */
rows: Array<Row>, };

export type Totals = { 
/**
 * Rows in the list.
 */
all: number, 
/**
 * Rows that move or wait by themselves.
 */
moving: number, 
/**
 * Rows that wait for the person.
 */
needsYou: number, 
/**
 * Rows that are safely there.
 */
done: number, 
/**
 * Bytes acknowledged by the store, of everything not cancelled.
 */
sent: ByteCount, 
/**
 * Bytes of everything not cancelled.
 */
size: ByteCount, 
/**
 * Mean of the last ten seconds.
 */
speed: ByteRate, 
/**
 * For what is sent by itself, from a mean of sixty seconds; none until ten seconds have been seen.
 */
secondsLeft: number | null, 
/**
 * How fast it may be now.
 */
limit: LimitNow, 
/**
 * Another number whenever history is another one.
 */
history: number, 
/**
 * The state of the whole.
 */
overview: Overview, };

export type Overview = { "kind": "empty" } | { "kind": "moving" } | { "kind": "paused" } | { "kind": "offline" } | { "kind": "waiting" } & Wait | { "kind": "stuck", 
/**
 * Why.
 */
code: ErrorCode, } | { "kind": "signed-out", 
/**
 * Since when.
 */
since: UnixTime, } | { "kind": "all-done", 
/**
 * Rows done today.
 */
items: number, 
/**
 * Their bytes.
 */
size: ByteCount, } | { "kind": "needs-you" };

export type LimitNow = { 
/**
 * The limit; none means no limit, or a pause.
 */
rate: ByteRate | null, 
/**
 * Whether nothing is sent: by the schedule, for what is around the computer, or as a person chose for a while.
 */
paused: boolean, 
/**
 * When it next changes by itself, where that is known.
 */
until: UnixTime | null, 
/**
 * Why it holds.
 */
why: Why, };

export type Why = "usual" | "schedule" | "chosen" | "metered" | "battery";

export type Limits = { 
/**
 * The limit outside the times of the schedule, 10 kB/s at least; none means no limit.
 */
usual: ByteRate | null, 
/**
 * Whether the times count.
 */
scheduled: boolean, 
/**
 * When what else counts. Where several hold, the strictest does.
 */
times: Array<LimitTime>, };

export type LimitTime = { 
/**
 * The days on which it begins.
 */
days: Days, 
/**
 * When it begins, in minutes after midnight.
 */
from: number, 
/**
 * When it ends. Not after `from` means on the next day; the same means a whole day.
 */
to: number, 
/**
 * What holds in it.
 */
rule: LimitRule, };

export type LimitRule = { "kind": "limit", 
/**
 * Bytes a second.
 */
rate: ByteRate, } | { "kind": "pause" };

export type Days = Array<Day>;

export type Day = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export type Preferences = { 
/**
 * The system tells when what was added together is uploaded. Default: yes.
 */
tellDone: boolean, 
/**
 * The system tells of the first problem of what was added together, of all once it ended, and of whatever nothing goes on
 * without. Default: yes.
 */
tellNeedsYou: boolean, 
/**
 * The system tells what a watched folder uploaded, at most once an hour for each. Default: no.
 */
tellWatched: boolean, 
/**
 * The computer stays awake while anything is sent, unless its battery is low. Default: yes.
 */
keepAwake: boolean, 
/**
 * Without its window it goes on; its icon leads back to it, or another start. Default: yes.
 */
keepWorking: boolean, 
/**
 * It shows its icon in the menu bar or tray. Default: yes.
 */
tray: boolean, 
/**
 * It starts, without its window, when the person signs in. Default: no. What holds is what the system does, which has switches of
 * its own for it.
 */
startAtLogin: boolean, 
/**
 * What to do with files that a person adds where the name is taken; watched folders say it for themselves. Default: as
 * the destination says.
 */
sameName: Collision | null, 
/**
 * Nothing is sent on a metered network, a mobile hotspot say, where the system tells. Default: yes.
 */
pauseMetered: boolean, 
/**
 * Nothing is sent on a battery with less than a fifth in it. Default: yes.
 */
pauseOnLowBattery: boolean, 
/**
 * Light or dark. Default: as the system is.
 */
theme: Theme, 
/**
 * An update that is there is put in place when the person quits, at the next start, or out of sight while nothing is sent. Default: yes.
 */
installUpdates: boolean, };

export type Network = { 
/**
 * What is wanted of proxies.
 */
choice: ProxyChoice, 
/**
 * Host and port of a proxy that is taken: one that wants a password, else the company's, else another's. None where all is
 * reached straight.
 */
proxy: string | null, 
/**
 * Who says so.
 */
from: ProxyFrom | null, 
/**
 * Whether there is a name and password for it. Those that it refused are not told to it again for a while.
 */
hasPassword: boolean, 
/**
 * Why those last no longer than this program, where they were to: `keychain-unavailable`.
 */
unkept: ErrorCode | null, };

export type ProxyChoice = { "kind": "automatic" } | { "kind": "none" } | { "kind": "fixed", 
/**
 * Its address, without a name or password: `http://proxy.example.com:3128`.
 */
address: string, };

export type ProxyFrom = "person" | "environment" | "system";

export type ProxyWish = { "kind": "automatic" } | { "kind": "none" } | { "kind": "fixed", 
/**
 * As typed, without a name or password.
 */
address: string, };

export type Checked = { 
/**
 * When it ended.
 */
at: UnixTime, 
/**
 * Everything that was looked at.
 */
lines: Array<CheckLine>, };

export type CheckLine = { 
/**
 * What was looked at.
 */
step: Step, 
/**
 * How it is.
 */
verdict: Verdict, 
/**
 * What was found.
 */
found: Found, 
/**
 * For people who debug: no secrets.
 */
detail: string, };

export type Step = "names" | "proxy" | "certificate" | "company" | "sign-in" | "storage" | "ways" | "clock";

export type Verdict = "fine" | "attention" | "wrong" | "skipped";

export type Found = { "kind": "named", 
/**
 * A host.
 */
host: string, } | { "kind": "straight" } | { "kind": "proxy", 
/**
 * Host and port.
 */
proxy: string, 
/**
 * Who says so.
 */
from: ProxyFrom, } | { "kind": "issuer", 
/**
 * Who issued it.
 */
issuer: string, } | { "kind": "answers", 
/**
 * After so many milliseconds.
 */
ms: number, } | { "kind": "signed-in", 
/**
 * The person may upload to so many places.
 */
places: number, } | { "kind": "sent", 
/**
 * What the connection carried.
 */
rate: ByteRate, } | { "kind": "ways", 
/**
 * By Transfer Acceleration.
 */
accelerated: ByteRate | null, 
/**
 * How many milliseconds that takes to answer.
 */
acceleratedMs: number | null, 
/**
 * Straight to the region.
 */
direct: ByteRate | null, 
/**
 * How many milliseconds that takes to answer.
 */
directMs: number | null, } | { "kind": "clock", 
/**
 * Seconds.
 */
ahead: number, } | { "kind": "problem", 
/**
 * The stable code.
 */
code: ErrorCode, 
/**
 * Who issued the certificate, where it is that.
 */
issuer: string | null, } | { "kind": "skipped", 
/**
 * Why.
 */
why: Skipped, };

export type Skipped = "no-company" | "on-this-computer" | "not-signed-in" | "no-destination" | "nobody-tells";

export type Theme = "system" | "light" | "dark";

export type SettingName = "server" | "usualLimit" | "schedule" | "concurrency" | "tellDone" | "tellNeedsYou" | "tellWatched" | "keepAwake" | "keepWorking" | "tray" | "startAtLogin" | "sameName" | "pauseMetered" | "pauseOnLowBattery" | "theme" | "installUpdates" | "proxy";

export type Source = "default" | "person" | "backend" | "policy";

export type Sourced = { 
/**
 * The setting.
 */
name: SettingName, 
/**
 * Who says it.
 */
source: Source, 
/**
 * Whether the person cannot change it.
 */
locked: boolean, };

export type Row = { 
/**
 * The row's identity.
 */
id: ItemId, 
/**
 * The gesture it came with.
 */
batch: BatchId, 
/**
 * The file's or folder's name.
 */
name: string, 
/**
 * The destination's label, "Projects / Rushes".
 */
destination: string, 
/**
 * Bytes in all, as far as counted.
 */
size: ByteCount, 
/**
 * Bytes acknowledged; never goes back.
 */
sent: ByteCount, 
/**
 * Mean of the last ten seconds.
 */
speed: ByteRate, 
/**
 * From a mean of sixty seconds.
 */
secondsLeft: number | null, 
/**
 * What it does.
 */
state: RowState, 
/**
 * Set for folders.
 */
folder: Folder | null, 
/**
 * When it was added.
 */
added: UnixTime, 
/**
 * The number that its problem is told with, where that is known.
 */
fact: Fact | null, };

export type Folder = { 
/**
 * Files found so far.
 */
files: number, 
/**
 * Files safely there.
 */
done: number, 
/**
 * Files that need the person.
 */
needsYou: number, 
/**
 * Files and links passed over by a rule.
 */
skipped: number, 
/**
 * Whether the walk still goes on.
 */
counting: boolean, 
/**
 * What an open row shows; only for rows in [`View::open`].
 */
peek: Peek | null, };

export type Peek = { 
/**
 * At most two files that need the person.
 */
problems: Array<FileRow>, 
/**
 * The files being sent now, at most four.
 */
sending: Array<FileRow>, 
/**
 * Files done.
 */
done: number, 
/**
 * Files waiting.
 */
waiting: number, };

export type FileRow = { 
/**
 * The transfer.
 */
id: TransferId, 
/**
 * Path within the folder, `/` between parts.
 */
path: string, 
/**
 * Bytes.
 */
size: ByteCount, 
/**
 * Bytes acknowledged.
 */
sent: ByteCount, 
/**
 * What it does.
 */
state: RowState, 
/**
 * What its problem is told with, where that is known.
 */
fact: Fact | null, };

export type FileSlice = { 
/**
 * The first file's place.
 */
first: number, 
/**
 * Files that match in all.
 */
total: number, 
/**
 * The files.
 */
rows: Array<FileRow>, };

export type PausedBy = "you" | "schedule" | "battery" | "metered" | "watch";

export type RowState = { "kind": "queued", 
/**
 * Rows before it.
 */
ahead: number, } | { "kind": "scanning" } | { "kind": "uploading" } | { "kind": "paused", 
/**
 * By whom.
 */
by: PausedBy, 
/**
 * Since when.
 */
since: UnixTime, } | { "kind": "waiting" } & Wait | { "kind": "held" } | { "kind": "verifying" } | { "kind": "done", 
/**
 * When.
 */
at: UnixTime, } | { "kind": "failed", 
/**
 * Why.
 */
code: ErrorCode, } | { "kind": "cancelled", 
/**
 * When.
 */
at: UnixTime, };

export type Wait = { 
/**
 * What for.
 */
code: ErrorCode, 
/**
 * The drive that is away, where it is known by a name.
 */
drive: string | null, 
/**
 * When the next try is, where that is known; past while it goes on.
 */
until: UnixTime | null, 
/**
 * What happens next.
 */
next: Next, };

export type Next = "by-itself" | "person";

export type Outcome = { 
/**
 * The transfer.
 */
id: TransferId, 
/**
 * The gesture it came with.
 */
batch: BatchId, 
/**
 * The file's path as given.
 */
path: string, 
/**
 * The object's key, once known.
 */
key: string | null, 
/**
 * Bytes.
 */
size: ByteCount, 
/**
 * How it ended.
 */
state: RowState, 
/**
 * The object's ETag, when done.
 */
etag: string | null, 
/**
 * The whole object's CRC64NVME in base64, when done.
 */
checksum: string | null, };

export type Details = { 
/**
 * What it is about.
 */
target: Target, 
/**
 * The file's or folder's full name.
 */
name: string, 
/**
 * What it does.
 */
state: RowState, 
/**
 * Bytes in all.
 */
size: ByteCount, 
/**
 * Bytes acknowledged.
 */
sent: ByteCount, 
/**
 * Speed, as in the row.
 */
speed: ByteRate, 
/**
 * Time left, as in the row.
 */
secondsLeft: number | null, 
/**
 * The destination's label.
 */
destination: string, 
/**
 * The object's key.
 */
key: string | null, 
/**
 * The name that is proposed where the storage refuses the file's own.
 */
proposed: string | null, 
/**
 * The place on this computer, for reading only.
 */
from: string, 
/**
 * When the file was last written to, as it was when it was opened.
 */
written: UnixTime | null, 
/**
 * CRC64NVME in base64: ours, equal to the store's once done.
 */
checksum: string | null, 
/**
 * The object's `ETag`, when done.
 */
etag: string | null, 
/**
 * The object's version, when done, where the store keeps versions.
 */
version: string | null, 
/**
 * The pieces map; none for folders and single-piece files.
 */
pieces: Pieces | null, 
/**
 * Files of it; none for a file.
 */
files: number | null, 
/**
 * What happened, newest first, at most fifty.
 */
story: Array<Happening>, 
/**
 * S3's request id or another reference for IT, of the last problem.
 */
reference: string | null, 
/**
 * The line for people who debug, of the last problem.
 */
technical: string | null, 
/**
 * The number or the object that the last problem is told with.
 */
fact: Fact | null, 
/**
 * Whether a link can be copied.
 */
link: boolean, 
/**
 * The way that its bytes take, and why that one; none until the store was asked for anything.
 */
way: Way | null, };

export type Way = { 
/**
 * Which.
 */
kind: WayKind, 
/**
 * Why.
 */
why: WayWhy, 
/**
 * What one connection carried through Transfer Acceleration, where that was measured.
 */
accelerated: ByteRate | null, 
/**
 * What one connection carried to the region, where that was measured.
 */
direct: ByteRate | null, };

export type WayKind = "accelerated" | "direct";

export type WayWhy = "only" | "measuring" | "faster" | "other-slower" | "other-blocked";

export type Pieces = { 
/**
 * Pieces in all.
 */
total: number, 
/**
 * Pieces acknowledged.
 */
sent: number, 
/**
 * Bytes of one piece.
 */
pieceSize: ByteCount, 
/**
 * One letter a cell: `s` sent, `n` sending now, `a` again, `t` to do.
 */
cells: string, 
/**
 * Pieces being sent now.
 */
sending: number, 
/**
 * Pieces being sent again.
 */
again: number, };

export type Happening = { 
/**
 * When.
 */
at: UnixTime, 
/**
 * What.
 */
what: Event, };

export type Event = { "kind": "added" } | { "kind": "started" } | { "kind": "paused", 
/**
 * By whom.
 */
by: PausedBy, } | { "kind": "resumed" } | { "kind": "recovered", 
/**
 * Pieces that need not be sent again.
 */
pieces: number, } | { "kind": "trouble", 
/**
 * Which.
 */
code: ErrorCode, } | { "kind": "failed", 
/**
 * Which.
 */
code: ErrorCode, } | { "kind": "sent" } | { "kind": "verified" } | { "kind": "cancelled" };

export type WatchId = number;

export type Root = { "kind": "given", "id": InboxId } | { "kind": "watched", "id": WatchId };

export type WatchView = { 
/**
 * Its identity.
 */
id: WatchId, 
/**
 * What the person calls it, or its last name.
 */
name: string, 
/**
 * Where it lies, for reading only.
 */
folder: string, 
/**
 * The drive that it lies on, where its path, or where that was mounted, has a name for it.
 */
drive: string | null, 
/**
 * The destination's label.
 */
destination: string, 
/**
 * The destination.
 */
to: DestinationId, 
/**
 * What is wanted of it.
 */
wishes: Wishes, 
/**
 * What it does.
 */
doing: Doing, 
/**
 * How changes are noticed.
 */
notices: Notices, 
/**
 * Files by what becomes of them.
 */
counts: Counts, 
/**
 * How often the system lost word of something, and what a check found.
 */
lost: number, 
/**
 * Versions that no word came of, and that a check found.
 */
recovered: number, 
/**
 * When all of it was last looked at.
 */
checked: UnixTime | null, 
/**
 * When a file was last done.
 */
lastDone: UnixTime | null, 
/**
 * When the system last told of a change.
 */
lastEvent: UnixTime | null, 
/**
 * The last problem.
 */
problem: ErrorCode | null, 
/**
 * A file that was uploaded and could not be moved, say.
 */
warning: Warning | null, };

export type Wishes = { 
/**
 * What it is called; empty is the folder's own name.
 */
name: string, 
/**
 * Where in the destination files go, with `{date}`, `{host}`, `{user}` and `{folder}` in it; empty is the destination itself.
 */
under: string, 
/**
 * Which files, in order: the first line that matches decides.
 */
lines: Array<Line>, 
/**
 * What is never taken.
 */
leftovers: Array<string>, 
/**
 * How large, old and deep.
 */
bounds: Bounds, 
/**
 * Whether files without bytes are taken.
 */
allowEmpty: boolean, 
/**
 * Seconds for which a file has to stay the same.
 */
settle: number, 
/**
 * What becomes of a file that is safely there.
 */
after: After, 
/**
 * What to do when the name is taken.
 */
collision: Collision, 
/**
 * What goes as one.
 */
unit: Unit, 
/**
 * Whether a file is sent while it is written.
 */
whileWritten: boolean, 
/**
 * When files are sent; none is always.
 */
hours: Hours | null, 
/**
 * Before or after what is given by hand.
 */
priority: Priority, 
/**
 * How changes are noticed.
 */
mode: Mode, 
/**
 * What a move within the folder means.
 */
moved: Moved, 
/**
 * What becomes of a file that changes while it is sent.
 */
changed: Changed, 
/**
 * What becomes of links.
 */
links: Links, 
/**
 * What becomes of files that lie in the cloud.
 */
placeholders: Placeholders, };

export type Doing = { "kind": "asks", 
/**
 * Files that are there and match.
 */
files: number, 
/**
 * Their bytes.
 */
bytes: ByteCount, } | { "kind": "checking" } | { "kind": "watching" } | { "kind": "paused", 
/**
 * Since when.
 */
since: UnixTime, } | { "kind": "away", 
/**
 * Whether another folder stands in its place: if that is the one after all, somebody has to say so.
 */
other: boolean, } | { "kind": "elsewhere", 
/**
 * Its process, where the system tells.
 */
process: number | null, };

export type Notices = { "kind": "live" } | { "kind": "polls" } & LooksSince;

export type Warning = { 
/**
 * Why.
 */
code: ErrorCode, 
/**
 * The last such file, from the watched folder on.
 */
file: string, };

export type LooksSince = { "why": "wanted" } | { "why": "remote" } | { "why": "limit", 
/**
 * As many as that.
 */
most: number, } | { "why": "instances", 
/**
 * As often as that.
 */
most: number, } | { "why": "refused" };

export type Counts = { 
/**
 * They settle.
 */
settling: number, 
/**
 * Those among them that have been written to for an hour.
 */
stillWritten: number, 
/**
 * They are whole, and wait for their hours or for what goes with them.
 */
waiting: number, 
/**
 * They are in line or move.
 */
moving: number, 
/**
 * They move no further for now: they wait for the connection, for their drive or for another try, or somebody paused them.
 */
stalled: number, 
/**
 * They are safely there.
 */
done: number, 
/**
 * Those among them that are since midnight.
 */
today: number, 
/**
 * They need somebody.
 */
failed: number, 
/**
 * They lie in the cloud, and are left.
 */
placeholders: number, 
/**
 * Links, pipes, sockets and devices.
 */
passed: number, 
/**
 * Files and folders that cannot be read.
 */
unreadable: number, 
/**
 * Names that no key can have.
 */
refused: number, };

export type Line = { "kind": "include", "pattern": string } | { "kind": "exclude", "pattern": string };

export type Bounds = { 
/**
 * Bytes at least.
 */
least: ByteCount | null, 
/**
 * Bytes at most.
 */
most: ByteCount | null, 
/**
 * Folders below the watched one at most; 0 is that one alone.
 */
depth: number | null, 
/**
 * Seconds since it was last written to, at least.
 */
age: number | null, };

export type After = "keep" | "move" | "trash" | "delete";

export type Existing = "ask" | "all" | "new-only";

export type Collision = "fail" | "overwrite" | "suffix";

export type Unit = "each-file" | "top-folder";

export type Hours = { 
/**
 * The days on which they begin.
 */
days: Days, 
/**
 * When they begin, in minutes after midnight.
 */
from: number, 
/**
 * When they end. Not after `from` means on the next day; the same means a whole day.
 */
to: number, };

export type Priority = "below" | "as-manual" | "first";

export type Mode = "auto" | "live" | "poll";

export type Moved = "ignored" | "uploaded";

export type Changed = "begun-anew" | "finished-first";

export type Links = "skipped" | "followed";

export type Placeholders = "skipped" | "fetched";

export type Preview = { 
/**
 * Files that would be uploaded.
 */
taken: number, 
/**
 * Their bytes.
 */
bytes: ByteCount, 
/**
 * Files that would not be.
 */
left: number, 
/**
 * Some of those that would be, by their paths in the folder.
 */
someTaken: Array<string>, 
/**
 * Some of those that would not be, and why.
 */
someLeft: Array<Left>, };

export type Left = { 
/**
 * Its path in the folder.
 */
path: string, 
/**
 * Why.
 */
why: Rule, };

export type Rule = { "rule": "leftover" } | { "rule": "line", "line": number } | { "rule": "not-included" } | { "rule": "too-small" } | { "rule": "too-large" } | { "rule": "too-deep" } | { "rule": "placeholder" } | { "rule": "link" } | { "rule": "special" } | { "rule": "unreadable" } | { "rule": "name" };

export type Query = { 
/**
 * Words, each of which is somewhere in the name or the destination, whatever its case and accents.
 */
text: string, 
/**
 * When it ended.
 */
when: When, 
/**
 * How it ended; none is however it did.
 */
result: Ended | null, 
/**
 * The destination's label; none is wherever it went.
 */
destination: string | null, };

export type When = { "kind": "any" } | { "kind": "days", "days": number } | { "kind": "this-year" };

export type HistoryView = { 
/**
 * What its slices are asked for by.
 */
search: number, 
/**
 * Entries that match.
 */
matched: number, 
/**
 * Entries in history.
 */
all: number, 
/**
 * Bytes of those that match.
 */
size: ByteCount, 
/**
 * The days on which those ended, newest first.
 */
days: Array<HistoryDay>, 
/**
 * Labels of the destinations that are in history.
 */
destinations: Array<string>, };

export type HistoryDay = { 
/**
 * When the day began.
 */
began: UnixTime, 
/**
 * How many ended on it.
 */
count: number, };

export type EntryView = { 
/**
 * Its row.
 */
item: ItemId, 
/**
 * When the last of it ended.
 */
ended: UnixTime, 
/**
 * How.
 */
result: Ended, 
/**
 * The file's or folder's name.
 */
name: string, 
/**
 * The destination's label.
 */
destination: string, 
/**
 * Files of it.
 */
files: number, 
/**
 * Bytes of these.
 */
size: ByteCount, 
/**
 * Whether it is a folder.
 */
folder: boolean, 
/**
 * Its row is in the list still.
 */
listed: boolean, 
/**
 * It can be uploaded again.
 */
again: boolean, 
/**
 * There is a link to it.
 */
link: boolean, };

export type Ended = "done" | "failed" | "cancelled";

/** Bounds of what can be set: bytes a second, times of a schedule, pieces in flight, letters of a name. */
export const BOUNDS = { leastRate: 10000, mostRate: 1000000000000, mostTimes: 50, mostPieces: 128, mostLetters: 100 } as const;
