const MAX_LENGTH = 1_200;

/** Control characters move cursors and recolour; those of direction and of no width make text look like another. */
const NOT_TEXT = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu;

/** One line of at most 1,200 characters that a terminal shows as it is. */
export function printable(text: string): string {
  const line = text.replaceAll(NOT_TEXT, " ").trim();
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH)} …`;
}
