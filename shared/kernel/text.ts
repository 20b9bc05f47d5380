/**
 * Text that Postgres and JSON can hold: NUL removed (text and jsonb refuse U+0000),
 * lone surrogates replaced by U+FFFD.
 */
export function storableText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** At most `maxCodePoints` code points of `text`, with an ellipsis as the last one where it was cut. */
export function shortened(text: string, maxCodePoints: number): string {
  if (text.length <= maxCodePoints) return text;
  const points = Array.from(text);
  return points.length <= maxCodePoints ? text : `${points.slice(0, maxCodePoints - 1).join("")}…`;
}
