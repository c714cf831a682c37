/** Characters that show nothing, or change how the text around them is shown: a space takes their place. */
// oxlint-disable-next-line no-control-regex -- these characters are what it searches for
const controls = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** A line break, real or escaped as in JSON or a URL, with what stands around it. */
const lineBreak = String.raw`[ \t]*(?:[\p{Cc}\p{Cf}\u2028\u2029]|\\[nrt]|%0[AaDd])[\p{Cc}\p{Cf}\s]*`;

/** As it is, percent-encoded, or escaped as in JSON. */
const padding = String.raw`(?:=|%(?:25)*3[Dd]|\\u003[Dd])`;

/** 86 or more of these letters, which may be wrapped into lines, and the padding. */
const run = (letter: string): string =>
  `(?:${letter})(?:(?:${lineBreak})?(?:${letter})){85,}(?:(?:${lineBreak})?${padding}){0,2}`;

/**
 * The form of a Batch key, base64 of 64 bytes, wherever it stands: as it is, percent-encoded, escaped as in JSON, in
 * the alphabet for URLs, or wrapped into lines.
 */
const keyLike = new RegExp(
  [run(String.raw`[A-Za-z0-9+/]|%(?:25)*2[BbFf]|\\/|\\u002[BbFf]`), run("[A-Za-z0-9_-]")].join("|"),
  "gu",
);

const keyLength = 86;
/** A key in the alphabet for URLs has three of these on average, and more than 16 in no case that occurs. */
const maxMarks = 16;

/** Hyphens and underscores also join words: not every long run of them is a key. */
const isKeyLike = (found: string): boolean => {
  if (!/[-_]/.test(found)) return true;
  const marks = Array.from(found.replaceAll(/[^A-Za-z0-9_-]+/g, ""), (letter) => Number("-_".includes(letter)));
  let inWindow = 0;
  return marks.some((mark, index) => {
    inWindow += mark - (index < keyLength ? 0 : (marks[index - keyLength] ?? 0));
    return index >= keyLength - 1 && inWindow <= maxMarks;
  });
};

/** Free text that was sent: it is stored and shown, so anything in it with the form of a key is removed. */
export const withoutKeys = (text: string): string =>
  text.replace(keyLike, (found) => (isKeyLike(found) ? "[removed: looks like a key]" : found));

/** The same for a text of a person or an app that is stored: in one line, without characters that show nothing. */
export const freeText = (text: string): string => withoutKeys(text).replace(controls, " ").trim();
