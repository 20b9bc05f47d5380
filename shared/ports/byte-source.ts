/** Bytes kept elsewhere, of known size, read by range. */
export interface ByteSource {
  readonly sizeBytes: number;
  /**
   * The bytes from `start` up to, not including, `end`, in order and exactly that many.
   * Throws a verdict when they cannot be had; a stalled connection counts as broken, not as slow.
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}
