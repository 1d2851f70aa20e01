// Every word of the window. A code without words does not compile.
import type { ErrorCode } from '../ipc/bindings';

export interface ErrorText {
  /** In the row, at most 50 characters. */
  row: string;
  /** In the details: what it means. */
  more: string;
  /** The one button; none when it goes on by itself. */
  button: string | null;
}

const goesOn = 'Continues by itself.';
const kept = 'What was sent is kept.';
const admin = 'Ask your administrator.';
const again = 'Try again';

export const errors: Record<ErrorCode, ErrorText> = {
  offline: { row: 'Waiting for the connection.', more: goesOn, button: null },
  'storage-busy': { row: 'The storage is busy. Trying again.', more: 'Continues by itself, slower.', button: null },
  'backend-down': { row: 'Waiting for the sign-in service.', more: goesOn, button: null },
  'source-offline': { row: 'Waiting for the drive to answer.', more: 'Reconnect the drive; continues by itself.', button: null },
  'captive-portal': { row: 'This network wants you to sign in first.', more: 'Open its page, then uploads continue.', button: null },
  'proxy-auth': { row: 'Your company network asks for a password.', more: admin, button: again },
  'sign-in-ended': { row: 'Sign in again to continue.', more: kept, button: 'Sign in' },
  'wrong-token': { row: 'This token was not accepted.', more: 'Ask your administrator for a fresh one.', button: again },
  'access-denied': { row: 'No access to this place. Ask your administrator.', more: 'File and connection are fine.', button: again },
  'not-allowed': { row: 'This account may not use Davit.', more: admin, button: again },
  'account-disabled': { row: 'Your account may not upload any more.', more: admin, button: again },
  'storage-full': { row: 'Your company’s storage is full.', more: 'Ask your administrator for space.', button: again },
  'too-large': { row: 'Larger than your company allows.', more: 'Split the file, or ask for a higher limit.', button: 'Remove' },
  'file-missing': { row: 'This file was moved, renamed or deleted.', more: 'Put it back where it was.', button: again },
  'file-in-use': { row: 'Another program has this file open.', more: 'Close it there.', button: again },
  'file-unreadable': { row: 'Davit is not allowed to read this file.', more: 'Change the file’s permissions.', button: again },
  'file-changed': { row: 'This file changed while it was uploading.', more: 'The old version was not stored.', button: 'Upload new version' },
  'read-error': { row: 'The drive reports damage in this file.', more: 'Copy it from a backup if you can.', button: again },
  'not-a-file': { row: 'This is a pipe, link or device, not a file.', more: 'Only files and folders can be uploaded.', button: 'Remove' },
  'folder-loop': { row: 'This folder contains itself by a link.', more: 'Remove the link.', button: 'Remove' },
  'name-refused': { row: 'This name has characters the storage refuses.', more: 'Rename it, then add it again.', button: 'Remove' },
  'key-too-long': { row: 'The name with its folders is too long.', more: 'Shorten it, then add it again.', button: 'Remove' },
  'already-there': { row: 'A file with this name is already there.', more: 'Your file is untouched.', button: 'Keep both' },
  'damaged-on-the-way': { row: 'Some pieces arrived damaged.', more: '3 tries failed; often a faulty cable or Wi-Fi.', button: 'Send them again' },
  'check-mismatch': { row: 'The stored file does not match yours.', more: 'It is set aside, your file is untouched.', button: 'Upload again' },
  'upload-expired': { row: 'The storage removed the unfinished upload.', more: 'It has to start again.', button: 'Start again' },
  'outcome-unknown': { row: 'Whether it was stored cannot be seen from here.', more: 'Ask your administrator to look, or upload it again.', button: 'Upload again' },
  'destination-gone': { row: 'This destination no longer exists.', more: 'Choose another one.', button: again },
  'no-such-bucket': { row: 'The storage for this destination is missing.', more: admin, button: again },
  'wrong-region': { row: 'This destination is set up wrongly.', more: admin, button: again },
  'scope-changed': { row: 'Your company moved this destination.', more: 'Add the files again.', button: again },
  'clock-wrong': { row: 'This computer’s clock is off.', more: 'The storage refuses wrong times. Set the clock.', button: again },
  'untrusted-server': { row: 'This network changes secure connections.', more: 'Tell your IT team; Davit will not send files.', button: again },
  'bad-certificate-file': { row: 'The certificate file cannot be used.', more: admin, button: again },
  'client-too-old': { row: 'Your company needs a newer Davit.', more: 'Update Davit.', button: null },
  'address-unreachable': { row: 'Nothing answers at this address. Check the spelling.', more: '', button: again },
  'address-not-davit': { row: 'This address belongs to something else, not to Davit.', more: '', button: again },
  'address-insecure': { row: 'This address is not secure. Use one with https.', more: '', button: again },
  'backend-contract': { row: 'Your company’s service gives answers Davit cannot use.', more: admin, button: again },
  'keychain-unavailable': { row: 'The system keychain cannot be used.', more: 'You will sign in again next time.', button: null },
  'disk-full': { row: 'This computer’s disk is full.', more: 'Davit needs 200 MB for its records.', button: again },
  'journal-unwritable': { row: 'Davit cannot write its records.', more: 'Check the disk and its permissions.', button: again },
  'journal-newer': { row: 'These records were written by a newer Davit.', more: 'Update Davit.', button: null },
  'journal-damaged': { row: 'Davit’s records are damaged.', more: admin, button: null },
  'instance-busy': { row: 'Another Davit is already at work.', more: 'Use that one.', button: null },
  'bad-input': { row: 'This is not an address. Check the spelling.', more: '', button: again },
  unexpected: { row: 'Something unexpected stopped this file.', more: `${kept} The reference helps your IT team.`, button: again },
};

export const text = {
  transfers: 'Transfers',
  company: { connect: 'Connect to your company', lead: 'Davit uploads large files to your company’s storage.', address: 'Company address', hint: 'It is in the invitation from your IT team.', go: 'Continue', placeholder: 'upload.company.com' },
  token: { title: (name: string) => `Sign in to ${name}`, lead: 'Paste the access token that your IT team gave you.', label: 'Access token', go: 'Sign in', other: 'Use another address' },
  connecting: (address: string) => `Connecting to ${address}`,
  connected: 'Connected', offline: 'Offline', signedOut: 'Signed out', signIn: 'Sign in', signOut: 'Sign out',
  empty: { title: 'Drop files or folders here', lead: 'Any size. If the connection drops or you restart, they continue where they stopped.', files: 'Choose files', folder: 'Choose a folder' },
  none: { all: 'Nothing here', moving: 'Nothing is moving', 'needs-you': 'Nothing needs you', done: 'Nothing is done yet' },
  filters: { all: 'All', moving: 'Moving', 'needs-you': 'Needs you', done: 'Done' },
  clearDone: 'Clear done', cleared: (n: number) => `Cleared ${n}.`, undo: 'Undo', cancelled: (name: string) => `Cancelled “${name}”.`, removed: 'Removed from list.',
  pauseAll: 'Pause all', resumeAll: 'Resume all', add: 'Add', addFiles: 'Add files', addFolder: 'Add folder',
  where: (what: string) => `Where should ${what} go?`, cancel: 'Cancel', drop: (what: string) => `Drop ${what}`, esc: 'Esc to cancel', signInFirst: 'Sign in first, then drop again', usual: 'The usual place',
  files: (n: number) => (n === 1 ? '1 file' : `${n.toLocaleString()} files`), folders: (n: number) => (n === 1 ? '1 folder' : `${n.toLocaleString()} folders`), and: ' and ',
  overview: { moving: 'Overall progress', paused: 'Paused', sentOf: (sent: string, size: string) => `${sent} of ${size} sent`, offline: 'Offline', back: 'Everything continues by itself when you are back.', signIn: 'Sign in to continue', ended: (at: string) => `Your sign-in ended at ${at}. Nothing is lost.`, done: 'Everything is uploaded', items: (n: number, size: string) => `${n === 1 ? '1 item' : `${n} items`}, ${size}`, needs: 'Waiting for you', noLimit: 'No limit', working: 'Working out time left', left: (t: string) => `${t} left` },
  state: { queued: 'Waiting', ahead: (n: number) => (n === 0 ? 'next in line' : `${n} ahead of it`), scanning: 'Counting files', uploading: 'Uploading', paused: 'Paused', byYou: 'by you', waiting: 'Waiting', forNetwork: 'for network', held: 'for sign-in', verifying: 'Verifying', checking: 'All sent. Checking every piece.', done: 'Done', verified: 'Verified', failed: 'Needs you', cancelled: 'Cancelled', cancelledAt: (at: string) => `Cancelled, ${at}` },
  needs: (n: number) => (n === 1 ? '1 file needs you.' : `${n} files need you.`), filesDone: (done: number, all: number) => `${done.toLocaleString()} of ${all.toLocaleString()} files`, doneWaiting: (done: number, waiting: number) => `${done.toLocaleString()} done, ${waiting.toLocaleString()} waiting`, showAll: 'Show all files', found: (n: number, size: string) => `${n.toLocaleString()} files, ${size} so far`,
  act: { pause: 'Pause', resume: 'Resume', cancel: 'Cancel upload', retry: 'Try again', again: 'Upload again', remove: 'Remove from list', link: 'Copy link', show: 'Show in folder', details: 'Show details', more: 'More for this transfer', open: 'Show files', close: 'Hide files' },
  linkReady: 'Link copied', linkLater: 'Link copied. It works once the upload is done.', copied: 'Copied',
  details: { title: 'Details', close: 'Close', pieces: 'Pieces', to: 'Goes to', key: 'Key', from: 'From', checksum: 'Checksum', story: 'What happened', todo: 'What to do', reference: 'Reference for IT', copy: 'Copy', sent: 'Sent', sending: 'Sending', again: 'Again', toDo: 'To do', count: (sent: number, all: number, size: string) => `${sent.toLocaleString()} of ${all.toLocaleString()} pieces sent, ${size} each` },
  events: { added: 'Added', started: 'Upload started', paused: 'Paused by you', resumed: 'Continued', sent: 'All pieces sent', verified: 'Checked: the stored file equals yours', cancelled: 'Cancelled', recovered: (n: number) => (n === 1 ? 'Continued, 1 piece was already there' : `Continued, ${n.toLocaleString()} pieces were already there`) },
  search: 'Search files', percent: (n: number) => `${n}%`, spoken: (percent: number, left: string) => (left ? `${percent} percent, ${left} left` : `${percent} percent`),
};
