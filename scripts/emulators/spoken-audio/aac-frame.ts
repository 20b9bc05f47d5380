/**
 * One AAC-LC raw_data_block (ISO/IEC 14496-3, 4.4.2): a silent single_channel_element, a data_stream_element
 * with our bytes, END. A decoder plays silence and skips the data; a remuxer copies both.
 *
 *   bits  0..28  single_channel_element, all zero: long window, max_sfb 0, no pulse, TNS or gain control
 *   bits 29..44  data_stream_element: id 100, tag 0000, data_byte_align_flag 1, count (8); + esc_count (8) if count is 255
 *   then         zeros to the byte, the data, END (111), zeros to the byte
 */

/** count 255 + esc_count 255. */
export const MAX_FRAME_DATA_BYTES = 510;

const ESCAPE = 255;
const SHORT_HEAD_BYTES = 6;
const ESCAPED_HEAD_BYTES = 7;
const END = 0xe0;

/** A silent frame that carries `data` (at most 510 bytes). */
export function silentFrameWith(data: Uint8Array): Uint8Array {
  if (data.length > MAX_FRAME_DATA_BYTES)
    throw new RangeError(`${data.length} bytes do not fit in one AAC data element`);
  const escaped = data.length >= ESCAPE;
  const headBytes = escaped ? ESCAPED_HEAD_BYTES : SHORT_HEAD_BYTES;
  const count = escaped ? ESCAPE : data.length;
  const frame = new Uint8Array(headBytes + data.length + 1);
  frame[3] = 0x04;
  frame[4] = 0x08 | (count >> 5);
  frame[5] = (count & 0x1f) << 3;
  if (escaped) {
    const more = data.length - ESCAPE;
    frame[5] |= more >> 5;
    frame[6] = (more & 0x1f) << 3;
  }
  frame.set(data, headBytes);
  frame[frame.length - 1] = END;
  return frame;
}

/** The data inside a frame of `silentFrameWith`, or null for any other bytes (other AAC, a truncated frame, noise). */
export function dataOfSilentFrame(frame: Uint8Array): Uint8Array | null {
  const [b0, b1, b2, b3, b4, b5] = frame;
  if (b0 !== 0 || b1 !== 0 || b2 !== 0 || b3 !== 0x04) return null;
  if (b4 === undefined || b5 === undefined || (b4 & 0xf8) !== 0x08) return null;
  const count = ((b4 & 0x07) << 5) | (b5 >> 3);
  if (count < ESCAPE) return (b5 & 0x07) === 0 ? dataBetween(frame, SHORT_HEAD_BYTES, count) : null;
  const b6 = frame[6] ?? 0;
  return (b6 & 0x07) === 0 ? dataBetween(frame, ESCAPED_HEAD_BYTES, ESCAPE + (((b5 & 0x07) << 5) | (b6 >> 3))) : null;
}

function dataBetween(frame: Uint8Array, from: number, length: number): Uint8Array | null {
  const whole = frame.length === from + length + 1 && frame[frame.length - 1] === END;
  return whole ? frame.subarray(from, from + length) : null;
}
