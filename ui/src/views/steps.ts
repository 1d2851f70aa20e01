// Where a key leads in a list.

/** From that row of so many, of which so many are seen at once. */
export function stepOf(key: string, index: number, page: number, count: number): number {
  const to: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    Home: 0,
    End: count - 1,
    PageDown: index + page,
    PageUp: index - page,
  };
  return Math.max(0, Math.min(count - 1, to[key] ?? index));
}
