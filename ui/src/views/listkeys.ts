// The list's keys, apart from how rows are drawn: DESIGN section 5.
import type { Row } from '../ipc';
import type { Move } from '../state/line';
import type { Selection, Thing } from '../state/selection.svelte';
import { thingOf } from '../state/selection.svelte';
import type { Transfers } from '../state/transfers.svelte';
import { begins, Typing } from '../state/typing';
import { forward } from './forward';
import type { Kid } from './kids';
import type { Held } from '../state/window';
import type { Doing } from './doing';
import { type Hands, press } from './shortcuts';
import { stepOf } from './steps';

/** What the keys need of the list. */
export interface Reach {
  transfers: Transfers;
  selection: Selection;
  doing: Doing;
  linkable: () => boolean;
  /** Rows that fit into the window. */
  page: () => number;
  isOpen: (row: Row) => boolean;
  /** Rows of an open folder; none of any other row. */
  kids: (index: number) => number;
  enter: (index: number, nth: number) => void;
  move: (to: number) => void;
  menu: (index: number) => void;
  choose: (index: number) => void;
}

export class ListKeys {
  private readonly typing = new Typing();

  constructor(private readonly hands: Reach) {}

  /** Whether the key meant something here. */
  press(event: KeyboardEvent, held: Held, onRow: boolean, kid: Kid | null): boolean {
    if (press('list', event, this.on(held, onRow, kid))) return true;
    const letter = onRow && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (letter) void this.type(event.key, held.index);
    return letter;
  }

  /** What the keys do to the row that has the focus; some mean something else on its buttons. */
  private on({ row, index }: Held, onRow: boolean, kid: Kid | null): Hands<'list'> {
    const { doing, selection } = this.hands;
    const line = (move: Move) => () => this.meant(row, (things) => doing.move(move, ...things));
    const one = kid ? kid.thing : thingOf(row);
    return {
      move: ({ key }) => {
        selection.clear();
        if (!this.walks(key, index, kid)) this.step(key, index);
      },
      extend: ({ key }) => this.extend(index, this.step(key, index)),
      all: () => void selection.all().then((whole) => !whole && doing.selectedMost(selection.size)),
      select: () => !kid && selection.toggle(row, index, null),
      sideways: ({ key }) => {
        const into = forward(key) > 0;
        if (kid) {
          if (!into) this.hands.move(index);
        } else if (into && this.hands.kids(index) > 0) this.hands.enter(index, 0);
        else if (row.folder && this.hands.isOpen(row) !== into) doing.toggle(row.id);
      },
      // Any letter does, and no other key: they come last.
      type: () => false,
      details: () => onRow && (one ? doing.details(one) : kid?.press()),
      // A space belongs to a name once one has been begun.
      rest: () => onRow && !this.typing.begun && this.meant(row, (things) => doing.toggleRest(things), kid),
      main: () => {
        // Its button may let one choose.
        if (kid) kid.press();
        else {
          this.hands.choose(index);
          this.meant(row, (things) => doing.main(...things));
        }
      },
      drop: () => {
        this.meant(row, (things) => doing.drop(...things), kid);
        selection.clear();
      },
      link: () => this.hands.linkable() && one && doing.link(one),
      show: () => one && doing.show(one),
      earlier: line('earlier'),
      later: line('later'),
      first: line('first'),
      last: line('last'),
      menu: () => !kid && this.hands.menu(index),
      unselect: () => selection.size > 0 && selection.clear(),
    };
  }

  /** From where Shift began to there; says so where that is more than can be selected. */
  extend(from: number, to: number): void {
    const { selection, doing } = this.hands;
    void selection.extend(from, to).then((whole) => !whole && doing.selectedNearest(selection.size));
  }

  /** Does it to what is selected, as the engine says it stands, or else to the row that has the focus. */
  private meant(row: Row, act: (things: Thing[]) => void, kid: Kid | null = null): void {
    const { selection, doing } = this.hands;
    if (selection.size === 0) {
      const one = kid ? kid.thing : thingOf(row);
      if (one) act([one]);
      return;
    }
    void selection.current().then((things) => (things.length > 0 ? act(things) : doing.selectedGone()));
  }

  /** Up and Down go through the rows of an open folder, as they stand. */
  private walks(key: string, index: number, kid: Kid | null): boolean {
    const { kids, enter, move } = this.hands;
    if (key === 'ArrowDown') {
      const next = kid ? kid.nth + 1 : 0;
      if (next >= kids(index)) return false;
      enter(index, next);
    } else if (key !== 'ArrowUp') return false;
    else if (kid && kid.nth > 0) enter(index, kid.nth - 1);
    else if (kid) move(index);
    else if (index > 0 && kids(index - 1) > 0) enter(index - 1, kids(index - 1) - 1);
    else return false;
    this.typing.end();
    return true;
  }

  /** Goes on in the list; answers to where. */
  private step(key: string, index: number): number {
    const { transfers, move } = this.hands;
    this.typing.end();
    const to = stepOf(key, index, this.hands.page(), transfers.total);
    move(to);
    return to;
  }

  private async type(letter: string, index: number): Promise<void> {
    const { transfers, selection, move } = this.hands;
    const typed = this.typing.type(letter);
    const to = await transfers.placeOf((row) => begins(row.name, typed.begins), typed.stay ? index : index + 1);
    if (to === null) return;
    selection.clear();
    move(to);
  }
}
