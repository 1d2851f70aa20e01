// The list's keys, apart from how rows are drawn: DESIGN section 5.
import type { Row } from '../ipc';
import type { Move } from '../state/line';
import type { Selection, Thing } from '../state/selection.svelte';
import { thingOf } from '../state/selection.svelte';
import type { Transfers } from '../state/transfers.svelte';
import { begins, Typing } from '../state/typing';
import { forward } from './forward';
import type { Held } from '../state/window';
import type { Doing } from './doing';

/** What the keys need of the list. */
export interface Hands {
  transfers: Transfers;
  selection: Selection;
  doing: Doing;
  linkable: () => boolean;
  /** Rows that fit into the window. */
  page: () => number;
  isOpen: (row: Row) => boolean;
  move: (to: number) => void;
  menu: (index: number) => void;
}

export class ListKeys {
  private readonly typing = new Typing();

  constructor(private readonly hands: Hands) {}

  /** Whether the key meant something here. */
  press(event: KeyboardEvent, held: Held, onRow: boolean): boolean {
    if (event.altKey) return this.line(event, held);
    if (event.ctrlKey || event.metaKey) return this.command(event, held);
    return this.steps(event, held) || this.plain(event, held, onRow);
  }

  /** What is selected, or else the row that has the focus. */
  private meant(row: Row): Thing[] {
    const { selection } = this.hands;
    return selection.size > 0 ? selection.things : [thingOf(row)];
  }

  private steps(event: KeyboardEvent, { index }: Held): boolean {
    const { transfers, selection, move } = this.hands;
    const page = this.hands.page();
    const steps: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: transfers.total - 1,
      PageDown: index + page,
      PageUp: index - page,
    };
    const step = steps[event.key];
    if (step === undefined) return false;
    this.typing.end();
    const to = Math.max(0, Math.min(transfers.total - 1, step));
    if (event.shiftKey) void selection.extend(index, to);
    else selection.clear();
    move(to);
    return true;
  }

  private plain(event: KeyboardEvent, { row, index }: Held, onRow: boolean): boolean {
    const { doing, selection } = this.hands;
    const step = forward(event.key);
    if (step !== 0) {
      if (row.folder && this.hands.isOpen(row) !== step > 0) doing.toggle(row.id);
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) this.hands.menu(index);
    else if (event.key === 'Delete' || event.key === 'Backspace') this.drop(row);
    else if (event.key === 'Escape' && selection.size > 0) selection.clear();
    else if (!onRow) return false;
    else if (event.key === 'Enter') doing.details(thingOf(row));
    else if (event.key === ' ' && !this.typing.begun) doing.toggleRest(this.meant(row));
    else if (event.key.length === 1) void this.type(event.key, index);
    else return false;
    return true;
  }

  private command(event: KeyboardEvent, { row, index }: Held): boolean {
    const { doing, selection } = this.hands;
    const letter = event.key.toLowerCase();
    if (letter === 'r' && event.shiftKey) doing.show(thingOf(row));
    else if (letter === 'r') doing.main(...this.meant(row));
    else if (letter === 'l' && this.hands.linkable()) doing.link(thingOf(row));
    else if (letter === 'a') void selection.all().then((whole) => !whole && doing.selectedMost(selection.size));
    else if (letter === ' ') selection.toggle(row, index, null);
    else return false;
    return true;
  }

  private line(event: KeyboardEvent, { row }: Held): boolean {
    const moves: Record<string, Move> = { ArrowUp: 'earlier', ArrowDown: 'later' };
    const move = event.ctrlKey || event.metaKey || event.shiftKey ? undefined : moves[event.key];
    if (move) this.hands.doing.move(move, ...this.meant(row));
    return move !== undefined;
  }

  private drop(row: Row): void {
    this.hands.doing.drop(...this.meant(row));
    this.hands.selection.clear();
  }

  private async type(letter: string, index: number): Promise<void> {
    const { transfers, selection, move } = this.hands;
    const typed = this.typing.type(letter);
    const to = await transfers.find((row) => begins(row.name, typed.begins), typed.stay ? index : index + 1);
    if (to === null) return;
    selection.clear();
    move(to);
  }
}
