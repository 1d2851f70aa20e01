// Where one can go in the window.
export type Page = 'transfers' | 'watched' | 'history' | 'settings';
