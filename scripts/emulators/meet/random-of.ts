import { createHash } from "node:crypto";
import { seededRandom } from "../pubsub/seeded-random.ts";

/** Uniform numbers in [0, 1) that are the same for the same text every time. */
export function randomOf(text: string): () => number {
  return seededRandom(createHash("sha256").update(text).digest().readUInt32BE(0));
}
