// Letters that are typed one after the other lead to a name that begins with them.

const TOGETHER_MS = 1_000;

export class Typing {
  private letters = '';
  private last = -Infinity;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A space belongs to a name once one has been begun; alone it means something else. */
  get begun(): boolean {
    return this.now() - this.last < TOGETHER_MS;
  }

  /** The next letter begins a name. */
  end(): void {
    this.last = -Infinity;
  }

  /**
   * The letters so far, and whether the row that has the focus may be meant still: the same letter again means the
   * next name with it.
   */
  type(letter: string): { begins: string; stay: boolean } {
    const before = this.begun ? this.letters : '';
    this.last = this.now();
    this.letters = before + letter.toLocaleLowerCase();
    const first = this.letters.charAt(0);
    return this.letters.replaceAll(first, '') === ''
      ? { begins: first, stay: false }
      : { begins: this.letters, stay: true };
  }
}

export const begins = (name: string, letters: string): boolean => name.toLocaleLowerCase().startsWith(letters);
