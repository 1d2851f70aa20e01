import type { Row } from '../ipc';

/** A row for tests: of one file that uploads, where nothing else is said. */
export const row = (id: number, is: Partial<Row> = {}): Row => ({
  id,
  batch: 1,
  name: `${id}.mov`,
  destination: 'Rushes',
  size: 9,
  sent: 0,
  speed: 0,
  secondsLeft: null,
  state: { kind: 'uploading' },
  folder: null,
  added: 0,
  ...is,
});
