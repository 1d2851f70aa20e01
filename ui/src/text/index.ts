// What the window says, and how it writes what is no word.
import type { ErrorCode } from '../ipc/bindings';
import * as en from './en';
import { words } from './message';

export { capital, date, list, mirrored, number, writeFor, written } from './locale';
export type { Parts } from './message';

export type ErrorText = en.ErrorText<(place: string) => string, (time: string) => string, (size: string) => string>;

export const errors: Record<ErrorCode, ErrorText> = words(en.errors);
export const text = words(en.text);
