import { createHash } from "node:crypto";

/** Numbers from 0 to 1 that are the same for the same text every time (mulberry32 over its digest). */
export function randomOf(text: string): () => number {
  let seed = createHash("sha256").update(text).digest().readUInt32BE(0);
  return () => {
    seed = (seed + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
