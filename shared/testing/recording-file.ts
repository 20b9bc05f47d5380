import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { encodeSpokenAudio, type SpokenWord } from "../../scripts/emulators/spoken-audio/encode-spoken-audio.ts";
import { spokenAudioFormat } from "../../scripts/emulators/spoken-audio/spoken-audio-format.ts";

export interface RecordingFileOptions {
  readonly words?: readonly SpokenWord[];
  readonly durationMs: number;
  readonly index?: "front" | "end" | "fragments";
  readonly tracks?: "both" | "video" | "audio";
  /** Size of one video frame; there are ten a second. */
  readonly videoFrameBytes?: number;
  /** How much later than the picture the audio begins. */
  readonly audioStartsAfterMs?: number;
}

const FRAME_SECONDS = 0.1;

/** An MP4 like the one Meet leaves in Drive: a video track and an AAC track, interleaved. */
export async function makeRecordingFile(options: RecordingFileOptions): Promise<Uint8Array> {
  const { index = "end", tracks = "both", videoFrameBytes = 2_000, audioStartsAfterMs = 0 } = options;
  const fastStart = { front: "in-memory", end: false, fragments: "fragmented" } as const;
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: fastStart[index] }), target });
  const video = new EncodedVideoPacketSource("vp9");
  const audio = new EncodedAudioPacketSource("aac");
  if (tracks !== "audio") output.addVideoTrack(video);
  if (tracks !== "video") output.addAudioTrack(audio);
  await output.start();
  const addVideo = videoWriter(video, videoFrameBytes);
  if (tracks === "video") await addVideo(options.durationMs / 1000);
  else {
    for (const packet of encodeSpokenAudio(options.words ?? [], options.durationMs)) {
      const at = (packet.timestampMs + audioStartsAfterMs) / 1000;
      if (tracks === "both") await addVideo(at);
      const encoded = new EncodedPacket(packet.data, "key", at, packet.durationMs / 1000);
      await audio.add(encoded, { decoderConfig: spokenAudioFormat });
    }
  }
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
}

/** Adds frames up to a time; their bytes differ, so that a cut or a swap changes the file's hash. */
function videoWriter(video: EncodedVideoPacketSource, frameBytes: number): (untilSeconds: number) => Promise<void> {
  let frame = 0;
  return async (untilSeconds) => {
    for (; frame * FRAME_SECONDS <= untilSeconds; frame += 1) {
      const data = new Uint8Array(frameBytes).fill(frame % 251);
      const packet = new EncodedPacket(data, frame % 50 === 0 ? "key" : "delta", frame * FRAME_SECONDS, FRAME_SECONDS);
      await video.add(packet, { decoderConfig: { codec: "vp09.00.10.08", codedWidth: 320, codedHeight: 180 } });
    }
  };
}
