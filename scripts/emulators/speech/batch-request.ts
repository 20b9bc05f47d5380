import { z } from "zod";

/** An enum of proto3 JSON: its number or its name; `enum-encoding=int` clients send numbers. Gives the name. */
function enumOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  const numbers = z
    .int()
    .min(0)
    .max(names.length - 1);
  return z.union([z.enum(names), numbers.transform((number) => names[number] as Names[number])]);
}

const audioEncoding = enumOf([
  "AUDIO_ENCODING_UNSPECIFIED",
  "LINEAR16",
  "MULAW",
  "ALAW",
  "AMR",
  "AMR_WB",
  "FLAC",
  "MP3",
  "OGG_OPUS",
  "WEBM_OPUS",
  "MP4_AAC",
  "M4A_AAC",
  "MOV_AAC",
]);

const features = z.strictObject({
  profanityFilter: z.boolean().optional(),
  enableWordTimeOffsets: z.boolean().optional(),
  enableWordConfidence: z.boolean().optional(),
  enableAutomaticPunctuation: z.boolean().optional(),
  enableSpokenPunctuation: z.boolean().optional(),
  enableSpokenEmojis: z.boolean().optional(),
  multiChannelMode: enumOf(["MULTI_CHANNEL_MODE_UNSPECIFIED", "SEPARATE_RECOGNITION_PER_CHANNEL"]).optional(),
  diarizationConfig: z
    .strictObject({ minSpeakerCount: z.int().optional(), maxSpeakerCount: z.int().optional() })
    .optional(),
  maxAlternatives: z.int().min(0).max(30).optional(),
});

const recognitionConfig = z.strictObject({
  autoDecodingConfig: z.strictObject({}).optional(),
  explicitDecodingConfig: z
    .strictObject({
      encoding: audioEncoding,
      sampleRateHertz: z.int().min(8_000).max(48_000).optional(),
      audioChannelCount: z.int().min(1).max(8).optional(),
    })
    .optional(),
  model: z.string().optional(),
  languageCodes: z.array(z.string()).optional(),
  features: features.optional(),
});

/** Body of `batchRecognize`, as far as this emulator goes; other fields of the real one are refused like unknown ones. */
export const batchRequestSchema = z.strictObject({
  config: recognitionConfig.optional(),
  files: z.array(z.strictObject({ uri: z.string().optional() })).default([]),
  recognitionOutputConfig: z
    .strictObject({
      gcsOutputConfig: z.strictObject({ uri: z.string() }).optional(),
      inlineResponseConfig: z.strictObject({}).optional(),
      outputFormatConfig: z.strictObject({ native: z.strictObject({}).optional() }).optional(),
    })
    .optional(),
  processingStrategy: enumOf(["PROCESSING_STRATEGY_UNSPECIFIED", "DYNAMIC_BATCHING"]).optional(),
});
export type BatchRequest = z.output<typeof batchRequestSchema>;
export type RecognitionFeatures = z.output<typeof features>;
