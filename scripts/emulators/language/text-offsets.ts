/** google.cloud.language.v1.EncodingType by number. */
export const encodingTypes = ["NONE", "UTF8", "UTF16", "UTF32"] as const;
export type EncodingType = (typeof encodingTypes)[number];

/** Translates an index of a JavaScript string into the caller's unit: bytes, UTF-16 units, code points, or always -1. */
export function textOffsets(text: string, encoding: EncodingType): (index: number) => number {
  if (encoding === "NONE") return () => -1;
  if (encoding === "UTF16") return (index) => index;
  const offsets = new Uint32Array(text.length + 1);
  let offset = 0;
  let index = 0;
  for (const character of text) {
    offsets[index] = offset;
    offset += encoding === "UTF32" ? 1 : Buffer.byteLength(character);
    index += character.length;
  }
  offsets[index] = offset;
  return (at) => offsets[at] ?? offset;
}
