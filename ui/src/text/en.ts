// Every word of the window. A code without words does not compile.
import type { ErrorCode, Holds } from '../ipc/bindings';

export interface ErrorText {
  /** In the row, at most 50 characters. */
  row: string;
  /** The same with the destination's name, where that helps. */
  rowAt?: (place: string) => string;
  /** Of a wait: the same with how long it is until the next try. */
  rowIn?: (time: string) => string;
  /** Of a wait: what happens next, and who does it. */
  waits?: string;
  /** Of a wait: above the list, where everything waits for it. */
  whole?: string;
  /** The bare fact, where the details say the rest below. */
  at?: (place: string) => string;
  /** In the details: what it means for the file. */
  why?: string;
  /** In the details: what to do. */
  todo?: string;
  /** The one button; none when it goes on by itself. */
  button: string | null;
}

const goesOn = 'Continues by itself.';
const slower = 'Continues by itself, slower.';
const portal = 'Open its page in your browser, then uploads continue.';
const kept = 'What was sent is kept.';
const untouched = 'Your file is untouched.';
const admin = 'Ask your administrator.';
const again = 'Try again';
const remove = 'Remove';

export const errors: Record<ErrorCode, ErrorText> = {
  offline: { row: 'Waiting for the connection.', why: goesOn, waits: goesOn, button: null },
  'storage-busy': {
    row: 'The storage is busy. Trying again.',
    rowIn: (time) => `The storage is busy. Trying again in ${time}.`,
    why: slower,
    waits: slower,
    whole: 'The storage is busy',
    button: null,
  },
  'backend-down': {
    row: 'Waiting for your company to answer.',
    rowIn: (time) => `Your company is away. Trying again in ${time}.`,
    why: goesOn,
    waits: goesOn,
    whole: 'Waiting for your company',
    button: null,
  },
  'source-offline': {
    row: 'Waiting for the drive to answer.',
    why: goesOn,
    todo: 'Reconnect the drive.',
    waits: 'Reconnect the drive; continues by itself.',
    whole: 'Waiting for the drive',
    button: null,
  },
  'captive-portal': {
    row: 'This network wants you to sign in first.',
    todo: portal,
    waits: portal,
    whole: 'Sign in to this network',
    button: null,
  },
  'proxy-auth': { row: 'Your company network asks for a password.', todo: admin, button: again },
  'sign-in-ended': { row: 'Sign in again to continue.', why: kept, button: 'Sign in' },
  'wrong-token': {
    row: 'This token was not accepted.',
    todo: 'Ask your administrator for a fresh one.',
    button: again,
  },
  'no-credentials': {
    row: 'There are no credentials for this place.',
    todo: admin,
    button: again,
  },
  'access-denied': {
    row: 'No access to this place. Ask your administrator.',
    rowAt: (place) => `No access to ${place}. Ask your administrator.`,
    at: (place) => `No access to ${place}.`,
    why: 'Your account is not allowed to add files in this place. Nothing is wrong with your file or your connection.',
    todo: 'Ask your administrator for access, then try again. Davit keeps this transfer in the list until then.',
    button: again,
  },
  'not-allowed': { row: 'This account may not use Davit.', todo: admin, button: again },
  'account-disabled': {
    row: 'Your account may not upload any more.',
    why: kept,
    todo: admin,
    button: 'Copy message',
  },
  'storage-full': {
    row: 'Your company’s storage is full.',
    why: kept,
    todo: 'Ask your administrator for space.',
    button: again,
  },
  'too-large': {
    row: 'Larger than your company allows.',
    todo: 'Split the file, or ask for a higher limit.',
    button: remove,
  },
  'file-missing': {
    row: 'This file was moved, renamed or deleted.',
    todo: 'Put it back where it was.',
    button: again,
  },
  'file-in-use': {
    row: 'Another program has this file open.',
    todo: 'Close it there.',
    waits: 'Close it there; continues by itself.',
    whole: 'Waiting for another program',
    button: again,
  },
  'computer-busy': {
    row: 'This computer has too many files open.',
    todo: 'Close other programs.',
    waits: 'Close other programs; continues by itself.',
    whole: 'Waiting for this computer',
    button: again,
  },
  'file-unreadable': {
    row: 'Davit is not allowed to read this file.',
    todo: 'Change the file’s permissions.',
    button: again,
  },
  'file-changed': {
    row: 'This file changed while it was uploading.',
    why: 'The old version was not stored.',
    todo: 'Wait until the file is finished, then upload the new version.',
    button: 'Upload new version',
  },
  'read-error': {
    row: 'The drive reports damage in this file.',
    todo: 'Copy it from a backup if you can.',
    waits: 'Davit reads it again; continues by itself.',
    whole: 'Waiting for a drive that reports damage',
    button: again,
  },
  'not-a-file': {
    row: 'This is a pipe, link or device, not a file.',
    why: 'Only files and folders can be uploaded.',
    button: remove,
  },
  'folder-loop': { row: 'This folder contains itself by a link.', todo: 'Remove the link.', button: remove },
  'name-refused': {
    row: 'This name has characters the storage refuses.',
    todo: 'Rename it, then add it again.',
    button: remove,
  },
  'key-too-long': {
    row: 'The name with its folders is too long.',
    todo: 'Shorten it, then add it again.',
    button: remove,
  },
  'already-there': {
    row: 'A file with this name is already there.',
    why: `It was not replaced. ${untouched}`,
    todo: 'Keep both: yours is stored beside it under a new name.',
    button: 'Keep both',
  },
  'damaged-on-the-way': {
    row: 'Some pieces arrived damaged.',
    why: `3 tries failed; often a faulty cable or Wi-Fi. ${untouched}`,
    todo: 'Try another connection, then send them again.',
    button: 'Send them again',
  },
  'check-mismatch': {
    row: 'The stored file does not match yours.',
    why: `Do not use what lies there under its name. ${untouched}`,
    button: 'Upload again',
  },
  'no-checksums': {
    row: 'The storage does not confirm checksums.',
    why: `Davit calls nothing done that is not proven. ${untouched}`,
    todo: admin,
    button: 'Upload again',
  },
  'upload-expired': {
    row: 'The storage removed the unfinished upload.',
    why: `Unfinished uploads are kept for some days only. ${untouched}`,
    button: 'Start again',
  },
  'outcome-unknown': {
    row: 'It cannot be seen from here if it was stored.',
    todo: 'Ask your administrator to look. Keep both: it is stored once more under a new name.',
    button: 'Keep both',
  },
  'destination-gone': {
    row: 'This destination no longer exists.',
    todo: 'Add the file again and choose another one.',
    button: again,
  },
  'no-such-bucket': { row: 'The storage for this destination is missing.', todo: admin, button: again },
  'wrong-region': { row: 'This destination is set up wrongly.', todo: admin, button: again },
  'scope-changed': {
    row: 'Your company moved this destination.',
    todo: 'Add the files again.',
    button: again,
  },
  'clock-wrong': {
    row: 'This computer’s clock is off.',
    why: 'The storage refuses wrong times.',
    todo: 'Set the clock.',
    button: again,
  },
  'untrusted-server': {
    row: 'This network changes secure connections.',
    why: 'Davit will not send files.',
    todo: 'Tell your IT team, then try again.',
    waits: 'Davit sends nothing here. Continues by itself elsewhere.',
    whole: 'Waiting for another network',
    button: 'Copy details',
  },
  'bad-certificate-file': { row: 'The certificate file cannot be used.', todo: admin, button: again },
  'client-too-old': { row: 'Your company needs a newer Davit.', todo: 'Update Davit.', button: again },
  'address-unreachable': { row: 'Nothing answers at this address. Check the spelling.', button: again },
  'address-not-davit': { row: 'This address belongs to something else, not to Davit.', button: again },
  'address-insecure': { row: 'This address is not secure. Use one with https.', button: again },
  'backend-contract': {
    row: 'Your company’s service gives wrong answers.',
    todo: admin,
    button: again,
  },
  'keychain-unavailable': {
    row: 'The system keychain cannot be used.',
    why: 'You will sign in again next time.',
    button: null,
  },
  'disk-full': {
    row: 'This computer’s disk is full.',
    why: 'Davit needs 200 MB for its records.',
    todo: 'Make room on the disk.',
    waits: 'Davit needs 200 MB for its records. Make room; continues by itself.',
    button: again,
  },
  'journal-unwritable': {
    row: 'Davit cannot write its records.',
    todo: 'Check the disk and its permissions.',
    waits: 'Check the disk and its permissions; continues by itself.',
    button: again,
  },
  'journal-newer': { row: 'These records were written by a newer Davit.', todo: 'Update Davit.', button: null },
  'journal-damaged': { row: 'Davit’s records are damaged.', todo: admin, button: null },
  'instance-busy': { row: 'Another Davit is already at work.', todo: 'Use that one.', button: null },
  'bad-input': { row: 'This is not an address. Check the spelling.', button: again },
  unexpected: {
    row: 'Something unexpected stopped this file.',
    why: kept,
    todo: 'Try again. If it happens again, the reference helps your IT team.',
    button: again,
  },
};

/** A name that runs from right to left, or turns what stands around it, keeps to itself. */
const isolated = (name: string): string =>
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/.test(name)
    ? `\u2068${name}\u2069`
    : name;
const count = (n: number): string => n.toLocaleString();
const plural = (n: number, one: string, many: string): string => (n === 1 ? `1 ${one}` : `${count(n)} ${many}`);

export const text = {
  app: 'Davit',
  version: (version: string) => `Davit ${version}`,
  of: (part: string, whole: string) => `${part} of ${whole}`,
  ofWhole: (whole: string) => `of ${whole}`,
  percent: (n: number) => `${n}%`,
  spoken: (percent: number, left: string) => (left ? `${percent} percent, ${left} left` : `${percent} percent`),
  left: (time: string) => `${time} left`,
  time: {
    minute: 'less than a minute',
    s: (n: number) => `${n}\u00a0s`,
    min: (n: number) => `${n}\u00a0min`,
    h: (n: number) => `${n}\u00a0h`,
    days: (n: number) => `${n} days`,
    about: (time: string) => `about ${time}`,
  },
  timeSpoken: {
    minute: 'less than a minute',
    min: (n: number) => plural(n, 'minute', 'minutes'),
    h: (n: number) => plural(n, 'hour', 'hours'),
    days: (n: number) => `${n} days`,
    about: (time: string) => `about ${time}`,
  },
  ready: {
    today: (at: string) => `ready around ${at}`,
    tomorrow: (at: string) => `ready around ${at} tomorrow`,
    later: (day: string) => `ready around ${day}`,
  },
  transfers: 'Transfers',
  opening: 'Reading your list.',
  company: {
    connect: 'Connect to your company',
    lead: 'Davit uploads large files to your company’s storage.',
    address: 'Company address',
    hint: 'It is in the invitation from your IT team.',
    go: 'Continue',
    placeholder: 'upload.company.com',
  },
  token: {
    title: (name: string) => `Sign in with ${name}`,
    lead: 'Paste the access token that your IT team gave you.',
    label: 'Access token',
    go: 'Sign in',
    other: 'Use another address',
    later: 'Not now',
  },
  stopped: {
    goesOn,
    settings: 'Davit’s settings cannot be read.',
    settingsTodo: 'Ask your administrator to look at settings.json.',
  },
  connecting: (address: string) => `Connecting to ${address}`,
  connectingLead: 'Your uploads continue as soon as it answers.',
  connected: 'Connected',
  offline: 'Offline',
  signedOut: 'Signed out',
  signIn: 'Sign in',
  signOut: 'Sign out',
  empty: {
    title: 'Drop files or folders here',
    lead: 'Any size. If the connection drops or you restart, they continue where they stopped.',
    files: 'Choose files',
    folder: 'Choose a folder',
    to: 'They go to',
  },
  none: {
    all: 'Nothing here',
    moving: 'Nothing is moving',
    'needs-you': 'Nothing needs you',
    done: 'Nothing is done yet',
  },
  show: 'Show',
  filters: { all: 'All', moving: 'Moving', 'needs-you': 'Needs you', done: 'Done' },
  clearDone: 'Clear done',
  cleared: (n: number) => `Cleared ${count(n)}.`,
  undo: 'Undo',
  cancelled: (name: string) => `Cancelled “${isolated(name)}”.`,
  cancelledMany: (n: number, removed: number) =>
    removed === 0
      ? `Cancelled ${plural(n, 'transfer', 'transfers')}.`
      : `Cancelled ${count(n)}, removed ${count(removed)} from list.`,
  removed: 'Removed from list.',
  removedMany: (n: number) => `Removed ${count(n)} from list.`,
  notBack: 'It could not be put back. Upload it again.',
  many: (act: string, n: number) => `${act} (${count(n)})`,
  selectedMost: (n: number) => `The first ${count(n)} are selected.`,
  records: {
    mended: 'Davit’s records were damaged. Add again what is missing from the list.',
    restored: (at: string) => `Davit’s list is restored from ${at}. What was not done then is paused.`,
    'begun-anew': 'Davit’s records were lost. Add again what was not done.',
  },
  refused: (n: number, why: string) => `${plural(n, 'item was', 'items were')} not added. ${why}`,
  pauseAll: 'Pause all',
  resumeAll: 'Resume all',
  add: 'Add',
  addFiles: 'Add files',
  addFolder: 'Add folder',
  targets: {
    where: (what: string) => `Where should ${what} go?`,
    drop: (what: string) => `Drop ${what}`,
    esc: 'Esc to cancel',
    signIn: 'Sign in first, then drop again',
    away: (company: string) => `Drop here, and ${company} is waited for`,
    awayLead: 'You choose where as soon as it answers.',
    records: 'Drop here, and it is kept',
    recordsLead: 'You choose where as soon as Davit goes on.',
    none: 'Your company has no place for you yet. Ask your administrator.',
    usual: 'Your usual place',
    else: 'Somewhere else',
    elseLead: 'Choose after you drop',
    cancel: 'Cancel',
  },
  /** What was added and cannot be asked for yet. */
  waits: {
    company: (what: string, company: string) => `${what}: you choose where as soon as ${company} answers.`,
    signIn: (what: string) => `${what}: you choose where once you have signed in.`,
    records: (what: string) => `${what}: you choose where as soon as Davit goes on.`,
  },
  items: (n: number) => plural(n, 'item', 'items'),
  files: (n: number) => plural(n, 'file', 'files'),
  folders: (n: number) => plural(n, 'folder', 'folders'),
  and: ' and ',
  news: {
    done: (n: number) => `${count(n)} done`,
    overall: (percent: number) => `${percent} percent of everything sent`,
    one: (name: string, why: string) => ` ${isolated(name)}: ${why}`,
    line: (words: string[]) => `${words.join(', ')}.`,
  },
  overview: {
    label: 'Overall progress',
    all: 'All transfers',
    paused: 'Paused',
    sent: (sizes: string) => `${sizes} sent`,
    stuck: 'Stopped',
    offline: 'Offline',
    back: 'Everything continues by itself when you are back.',
    away: 'Everything continues by itself.',
    forCompany: 'Waiting for your company',
    signIn: 'Sign in to continue',
    ended: (at: string) => `Your sign-in ended at ${at}. Nothing is lost.`,
    forSignIn: 'Waiting for sign-in',
    forNetwork: 'Waiting for the connection',
    forDrive: (drive: string) => `Waiting for ${drive}`,
    again: (time: string, next: string) => `Trying again in ${time}. ${next}`,
    done: 'Everything is uploaded',
    items: (n: number, size: string) => `${plural(n, 'item', 'items')}, ${size} today`,
    needs: (n: number) => (n === 1 ? '1 needs you' : `${count(n)} need you`),
    rest: 'Everything else is uploaded.',
    idle: 'Nothing is moving',
    noLimit: 'No limit',
    speed: (speed: string) => `Speed over the last 10 minutes, now ${speed}`,
    working: 'Working out time left',
  },
  shape: {
    queued: 'Waiting its turn',
    scanning: 'Counting files',
    uploading: 'Uploading',
    paused: 'Paused',
    held: 'Waiting for sign-in',
    waiting: (what: string) => `Waiting ${what}`.trim(),
    verifying: 'Verifying',
    done: 'Done',
    failed: 'Needs you',
    changed: 'File changed',
    cancelled: 'Cancelled',
  },
  state: {
    queued: 'Waiting',
    ahead: (n: number) => (n === 0 ? 'next in line' : `${count(n)} ahead of it`),
    scanning: 'Counting files',
    uploading: 'Uploading',
    paused: 'Paused',
    pausing: 'Pausing',
    pausedBy: {
      you: (at: string) => `by you, ${at}`,
      schedule: () => 'by schedule',
      battery: () => 'on battery',
      metered: () => 'on a metered network',
    },
    waiting: 'Waiting',
    /** What a wait is for; the rest says it in its sentence. */
    for: {
      offline: 'for network',
      'storage-busy': 'for storage',
      'backend-down': 'for company',
      'captive-portal': 'for network sign-in',
      'untrusted-server': 'for another network',
      'source-offline': 'for the drive',
      'read-error': 'for the drive',
      'file-in-use': 'for the file',
      'computer-busy': 'for this computer',
      'disk-full': 'for room',
      'journal-unwritable': 'for the records',
    } satisfies Partial<Record<ErrorCode, string>> as Partial<Record<ErrorCode, string>>,
    forThisDrive: (drive: string) => `for ${drive}`,
    forDrive: (drive: string) => `Waiting for ${drive} to answer.`,
    held: 'for sign-in',
    verifying: 'Verifying',
    checking: 'All sent. Checking every piece.',
    checked: 'Checked ',
    done: 'Done',
    verified: 'Verified',
    failed: 'Needs you',
    cancelled: 'Cancelled',
    cancelledAt: (at: string) => `Cancelled, ${at}`,
  },
  needs: (n: number) => (n === 1 ? '1 file needs you.' : `${count(n)} files need you.`),
  filesDone: (done: number, all: number) => `${count(done)} of ${plural(all, 'file', 'files')}`,
  doneWaiting: (done: number, waiting: number) => `${count(done)} done, ${count(waiting)} waiting`,
  showAll: 'Show all files',
  found: (n: number, size: string) => `${plural(n, 'file', 'files')}, ${size}`,
  soFar: ' so far',
  act: {
    pause: 'Pause',
    resume: 'Resume',
    cancel: 'Cancel transfer',
    cancelMany: 'Cancel transfers',
    retry: 'Try again',
    again: 'Upload again',
    remove: 'Remove from list',
    link: 'Copy link',
    show: 'Show in folder',
    receipt: 'Save receipt',
    details: 'Show details',
    more: 'More for this transfer',
    open: 'Show files',
    close: 'Hide files',
  },
  linked: {
    now: 'Link copied',
    later: 'Link copied. It works once the upload is done.',
    perhaps: 'Link copied. If this name is taken, copy it again once the upload is done.',
  } satisfies Record<Holds, string>,
  receiptSaved: 'Receipt saved',
  receiptLater: 'There is a receipt once everything added with it has ended.',
  copied: 'Copied',
  messageCopied: 'Message copied',
  /** To be sent to an administrator. */
  message: (code: ErrorCode, name: string, place: string, company: string) =>
    [
      `Davit could not upload “${isolated(name)}”${place ? ` to ${place}` : ''}${company ? ` (${company})` : ''}.`,
      errors[code].at?.(place) ?? errors[code].row,
      `Code: ${code}`,
    ].join('\n'),
  details: {
    title: 'Transfer details',
    close: 'Close details',
    progress: 'This file',
    uploading: (percent: string) => `Uploading, ${percent}`,
    done: 'Done and verified',
    took: (size: string, time: string, speed: string) => `${size} in ${time}, ${speed} on average`,
    pieces: 'Pieces',
    map: (sent: number, all: number, now: number, again: number) =>
      `${count(sent)} of ${count(all)} pieces sent, ${count(now)} being sent now, ${count(again)} being sent again`,
    count: (sent: number, all: number) => `${count(sent)} of ${count(all)}`,
    matches: 'Every piece matches the file on this computer.',
    size: 'Size',
    noneSent: (size: string) => `${size}, none sent`,
    someSent: (sizes: string) => `${sizes} sent`,
    to: 'Goes to',
    key: 'Key',
    from: 'From',
    checksum: 'Checksum',
    checksumLater: 'Ready when the upload ends',
    reference: 'Reference',
    story: 'What happened',
    todo: 'What to do',
    copyDestination: 'Copy destination',
    message: 'Copy a message for your administrator',
    copyKey: 'Copy key',
    copyChecksum: 'Copy checksum',
    copyReference: 'Copy reference',
    legend: { sent: 'Sent', sending: 'Sending', again: 'Again', toDo: 'To do' },
  },
  events: {
    added: 'Added.',
    started: 'Started.',
    startedIn: (size: string, n: number) => `Started. ${size} in ${plural(n, 'piece', 'pieces')}.`,
    pausedBy: {
      you: 'Paused by you.',
      schedule: 'Paused by schedule.',
      battery: 'Paused on battery.',
      metered: 'Paused on a metered network.',
    },
    resumed: 'Continued.',
    lost: (time: string | null) => (time ? `Connection lost. Waited ${time}.` : 'Connection lost.'),
    back: 'Connection back. Continued.',
    damaged: 'Some pieces were damaged on the way. Sending them again.',
    sent: 'All pieces sent.',
    verified: 'Verified.',
    verifiedAll: (n: number) => (n === 1 ? 'Verified. Its piece matches.' : `Verified. All ${count(n)} pieces match.`),
    cancelled: 'Cancelled.',
    stopped: (why: string) => `Stopped. ${why}`,
    recovered: (n: number) =>
      n === 1
        ? 'Continued after restart. 1 piece was already there.'
        : `Continued after restart. ${count(n)} pieces were already there.`,
  },
  allFiles: {
    search: 'Search files',
    close: 'Close files',
    none: (search: string) => `Nothing matches “${search}”`,
    everything: 'Search everything',
  },
  keys: {
    details: '↵',
    link: (mac: boolean) => (mac ? '⌘L' : 'Ctrl+L'),
    show: (mac: boolean) => (mac ? '⇧⌘R' : 'Ctrl+Shift+R'),
    pause: 'Space',
    remove: (mac: boolean) => (mac ? '⌫' : 'Del'),
  },
};
