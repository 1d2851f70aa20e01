// What the one button of a problem does.
import type { ErrorCode, RowState } from '../ipc';

export type Mend =
  | 'retry'
  | 'keep-both'
  | 'proposed-name'
  | 'remove'
  | 'find'
  | 'send-elsewhere'
  | 'sign-in'
  | 'sign-in-page'
  | 'password'
  | 'clock'
  | 'update'
  | 'copy-message'
  | 'copy-details';

/** Whether a file is missed that no other can be shown in the place of: what lies in a folder is that one's matter. */
export const isPutBack = (code: ErrorCode | null, ofFolder = false): boolean => code === 'file-missing' && ofFolder;

/** What mends a problem, of a folder or a file of one as well. */
export function mendOf(code: ErrorCode, ofFolder = false): Mend {
  switch (code) {
    case 'sign-in-ended':
      return 'sign-in';
    case 'captive-portal':
      return 'sign-in-page';
    case 'proxy-auth':
      return 'password';
    case 'clock-wrong':
      return 'clock';
    case 'client-too-old':
      return 'update';
    case 'file-missing':
      return isPutBack(code, ofFolder) ? 'retry' : 'find';
    case 'destination-gone':
      return 'send-elsewhere';
    case 'name-refused':
      return 'proposed-name';
    // Of an unknown outcome nothing is sent again under its own name: it may be there.
    case 'already-there':
    case 'outcome-unknown':
      return 'keep-both';
    case 'account-disabled':
      return 'copy-message';
    case 'untrusted-server':
      return 'copy-details';
    // Trying again would come to the same.
    case 'too-large':
    case 'not-a-file':
    case 'folder-loop':
    case 'key-too-long':
      return 'remove';
    default:
      return 'retry';
  }
}

/** The same of a state; nothing where it has no such button. */
export function mendOfState(state: RowState, ofFolder: boolean): Mend | null {
  if (state.kind === 'cancelled') return 'retry';
  if (state.kind === 'failed') return mendOf(state.code, ofFolder);
  // Of all that passes by itself, these do once the network has what it wants of a person.
  if (state.kind !== 'waiting') return null;
  return state.code === 'captive-portal' || state.code === 'proxy-auth' ? mendOf(state.code, ofFolder) : null;
}
