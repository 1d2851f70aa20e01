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
  move: (to: number) => void;
  menu: (index: number) => void;
  choose: (index: number) => void;
}

export class ListKeys {
  private readonly typing = new Typing();

  constructor(private readonly hands: Reach) {}

  /** Whether the key meant something here. */
  press(event: KeyboardEvent, held: Held, onRow: boolean): boolean {
    if (press('list', event, this.on(held, onRow))) return true;
    const letter = onRow && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (letter) void this.type(event.key, held.index);
    return letter;
  }

  /** What the keys do to the row that has the focus; some mean something else on its buttons. */
  private on({ row, index }: Held, onRow: boolean): Hands<'list'> {
    const { doing, selection } = this.hands;
    const line = (move: Move) => () => doing.move(move, ...this.meant(row));
    return {
      move: ({ key }) => {
        selection.clear();
        this.step(key, index);
      },
      extend: ({ key }) => void selection.extend(index, this.step(key, index)),
      all: () => void selection.all().then((whole) => !whole && doing.selectedMost(selection.size)),
      select: () => selection.toggle(row, index, null),
      sideways: ({ key }) => {
        if (row.folder && this.hands.isOpen(row) !== forward(key) > 0) doing.toggle(row.id);
      },
      // Any letter does, and no other key: they come last.
      type: () => false,
      details: () => onRow && doing.details(thingOf(row)),
      // A space belongs to a name once one has been begun.
      rest: () => onRow && !this.typing.begun && doing.toggleRest(this.meant(row)),
      main: () => {
        this.hands.choose(index);
        doing.main(...this.meant(row));
      },
      drop: () => {
        doing.drop(...this.meant(row));
        selection.clear();
      },
      link: () => this.hands.linkable() && doing.link(thingOf(row)),
      show: () => doing.show(thingOf(row)),
      earlier: line('earlier'),
      later: line('later'),
      first: line('first'),
      last: line('last'),
      menu: () => this.hands.menu(index),
      unselect: () => selection.size > 0 && selection.clear(),
    };
  }

  /** What is selected, or else the row that has the focus. */
  private meant(row: Row): Thing[] {
    const { selection } = this.hands;
    return selection.size > 0 ? selection.things : [thingOf(row)];
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
