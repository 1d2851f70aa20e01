// What the one button of a problem does.
import type { ErrorCode } from '../ipc';

export type Mend = 'retry' | 'keep-both' | 'remove' | 'sign-in' | 'copy-message' | 'copy-details';

export function mendOf(code: ErrorCode): Mend {
  switch (code) {
    case 'sign-in-ended':
      return 'sign-in';
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
    case 'name-refused':
    case 'key-too-long':
      return 'remove';
    default:
      return 'retry';
  }
}
