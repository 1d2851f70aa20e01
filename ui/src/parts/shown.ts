// Names of files, safe to look at. A name may turn the direction of writing, so that "photo‹202E›gpj.exe" reads as a
// picture, or hide characters that nobody sees. Such characters are shown by their number. What joins letters and emoji,
// and the marks of right-to-left scripts, stay: names need them.

const UNSEEN = /[\u00ad\u200b\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]/gu;

/** The same name with what turns or hides made visible. */
export const shown = (name: string): string =>
  name.replace(UNSEEN, (sign) => `‹${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`);
