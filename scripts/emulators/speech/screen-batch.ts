import { GoogleError } from "../rest/errors.ts";
import type { BatchRequest, RecognitionFeatures } from "./batch-request.ts";
import { type Model, models, multiLanguageLocations } from "./models.ts";
import { type ObjectAddress, parseObjectUri } from "./storage-access.ts";

/** A request that Google would start, in the shape the emulator works with. */
export interface Batch {
  readonly model: Model;
  readonly languageCode: string;
  readonly features: RecognitionFeatures;
  readonly encoding: string | null;
  readonly files: readonly { readonly uri: string; readonly address: ObjectAddress }[];
  /** Where result files go; null for an inline result. */
  readonly output: ObjectAddress | null;
  readonly isDynamic: boolean;
}

/** Quotas page of 2026-07-10; the proto's comment still says 15. */
const MAX_FILES = 5;
const MAX_LANGUAGES = 3;
const LANGUAGE_CODE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-\d{3})?$/;

/** Checks a parsed request against what the recognizer's location can do. Throws INVALID_ARGUMENT. */
export function screenBatch(request: BatchRequest, location: string): Batch {
  const { config = {}, files, recognitionOutputConfig = {} } = request;
  const { features = {}, languageCodes = [] } = config;
  const model = modelOf(config.model, location);
  const languageCode = screenLanguages(languageCodes, model, location);
  screenFeatures(features, model, languageCodes);
  const explicit = config.explicitDecodingConfig;
  if ((config.autoDecodingConfig === undefined) === (explicit === undefined)) {
    throw refused("config: exactly one of autoDecodingConfig and explicitDecodingConfig must be set.");
  }
  return {
    model,
    languageCode,
    features,
    encoding: explicit?.encoding ?? null,
    files: screenFiles(files),
    output: outputOf(recognitionOutputConfig, files.length),
    isDynamic: request.processingStrategy === "DYNAMIC_BATCHING",
  };
}

function modelOf(name: string | undefined, location: string): Model {
  if (name === undefined || name === "") throw refused("config.model must be set for the recognizer '_'.");
  const model = models.get(name);
  if (model === undefined || !model.locations.includes(location)) {
    throw refused(`The model "${name}" does not exist in the location named "${location}".`);
  }
  return model;
}

function screenLanguages(codes: readonly string[], model: Model, location: string): string {
  const [first] = codes;
  if (first === undefined) throw refused("config.language_codes: at least one language code is required.");
  if (codes.length > MAX_LANGUAGES) throw refused(`config.language_codes: at most ${MAX_LANGUAGES} are allowed.`);
  if (codes.length > 1 && !multiLanguageLocations.includes(location)) {
    throw refused(`Recognition in several languages is not available in the location named "${location}".`);
  }
  if (first === "auto" && codes.length === 1 && model.detectsLanguage) return "en-US";
  const wrong = codes.find((code) => !LANGUAGE_CODE.test(code));
  if (wrong !== undefined) throw refused(`The language "${wrong}" is not supported by the model.`);
  return first;
}

function screenFeatures({ diarizationConfig }: RecognitionFeatures, model: Model, codes: readonly string[]): void {
  if (diarizationConfig === undefined) return;
  if (codes.every((code) => model.diarizationLanguages.includes(code))) return;
  throw refused("Recognizer does not support feature: speaker_diarization");
}

function screenFiles(files: BatchRequest["files"]): Batch["files"] {
  if (files.length === 0) throw refused("files: at least one file is required.");
  if (files.length > MAX_FILES) throw refused(`files: at most ${MAX_FILES} files are allowed, got ${files.length}.`);
  const screened = files.map(({ uri = "" }) => {
    const address = parseObjectUri(uri);
    if (address === null || address.name === "") {
      throw refused(`Invalid audio URI: "${uri}". It must be like gs://bucket/object.`);
    }
    return { uri, address };
  });
  if (new Set(screened.map(({ uri }) => uri)).size < files.length) throw refused("files: a URI appears twice.");
  return screened;
}

function outputOf(output: NonNullable<BatchRequest["recognitionOutputConfig"]>, files: number): ObjectAddress | null {
  const { gcsOutputConfig, inlineResponseConfig } = output;
  if ((gcsOutputConfig === undefined) === (inlineResponseConfig === undefined)) {
    throw refused("recognition_output_config: exactly one output must be set.");
  }
  if (gcsOutputConfig === undefined) {
    if (files > 1) throw refused("Inline output is only supported for a single file.");
    return null;
  }
  const address = parseObjectUri(gcsOutputConfig.uri);
  if (address === null) throw refused(`Invalid output URI: "${gcsOutputConfig.uri}".`);
  return address;
}

const refused = (message: string): GoogleError => new GoogleError(400, "badRequest", message, "INVALID_ARGUMENT");
