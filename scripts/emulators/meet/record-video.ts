import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { encodeSpokenAudio } from "../spoken-audio/encode-spoken-audio.ts";
import { spokenAudioFormat } from "../spoken-audio/spoken-audio-format.ts";
import type { SpokenWord } from "./speak-script.ts";

const FRAME_SECONDS = 1;
const FRAME_BYTES = 1_200;
const VIDEO = { decoderConfig: { codec: "vp09.00.10.08", codedWidth: 320, codedHeight: 180 } };

/** The recording as Meet leaves it: a picture that nobody needs, the talk in AAC, the index at the end. */
export async function recordVideo(words: readonly SpokenWord[], durationMs: number): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target });
  const video = new EncodedVideoPacketSource("vp9");
  const audio = new EncodedAudioPacketSource("aac");
  output.addVideoTrack(video);
  output.addAudioTrack(audio);
  await output.start();
  let frame = 0;
  for (const { data, timestampMs, durationMs: lengthMs } of encodeSpokenAudio(words, durationMs)) {
    const at = timestampMs / 1000;
    for (; frame * FRAME_SECONDS <= at; frame += 1) {
      // Frames differ, so that a cut or a swap anywhere changes the file's hash.
      const picture = new Uint8Array(FRAME_BYTES).fill(frame % 251);
      await video.add(new EncodedPacket(picture, "key", frame * FRAME_SECONDS, FRAME_SECONDS), VIDEO);
    }
    await audio.add(new EncodedPacket(data, "key", at, lengthMs / 1000), { decoderConfig: spokenAudioFormat });
  }
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
}
