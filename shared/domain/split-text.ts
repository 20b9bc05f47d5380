/** Where to cut, best first: between turns, between sentences, between words. */
const BORDERS = [/\n/gu, /[.?!…]\s|[。！？]/gu, /\s/gu];

/**
 * Cuts a text into pieces of at most `maxLength` UTF-16 units, at a border where there is one in a piece's second
 * half, never inside a code point. The pieces joined are the text.
 */
export function splitText(text: string, maxLength: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > maxLength) {
    const end = cutPoint(rest.slice(0, maxLength));
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest !== "") pieces.push(rest);
  return pieces;
}

function cutPoint(piece: string): number {
  const half = piece.length >> 1;
  for (const border of BORDERS) {
    const ends = [...piece.slice(half).matchAll(border)].map((match) => half + match.index + match[0].length);
    const last = ends.at(-1);
    if (last !== undefined) return last;
  }
  const lastUnit = piece.charCodeAt(piece.length - 1);
  const opensPair = lastUnit >= 0xd800 && lastUnit <= 0xdbff;
  return opensPair && piece.length > 1 ? piece.length - 1 : piece.length;
}
