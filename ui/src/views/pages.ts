// Where one can go in the window.
export type Page = 'transfers' | 'watched' | 'history' | 'settings';

/** What is set once, in this order. */
export const TABS = ['connection', 'limits', 'notifications', 'general', 'diagnostics'] as const;
export type Tab = (typeof TABS)[number];
