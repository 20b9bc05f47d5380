import { language as languageApi } from "googleapis/build/src/apis/language/index.js";
import { type AnnotateTextAnswer, annotateTextAnswer } from "#contracts/language-answer.ts";
import { parseAnswer } from "#google/answer.ts";
import { googleError, httpStatusOf } from "#google/errors.ts";
import { serviceAuth } from "#google/service-auth.ts";
import { backoffMs } from "#kernel/backoff.ts";
import type { Clock } from "#kernel/clock.ts";
import { asError, RetryableError } from "#kernel/verdicts.ts";

export interface LanguageOptions {
  readonly projectId: string;
  readonly clock: Clock;
  /** Another address than Google's. */
  readonly endpoint?: string | undefined;
}

export interface FeatureSet {
  readonly extractEntities: boolean;
  readonly extractEntitySentiment: boolean;
  readonly extractDocumentSentiment: boolean;
}

export interface AnnotateRequest {
  readonly text: string;
  readonly language: string | null;
  readonly features: FeatureSet;
}

/** Google refuses the text's language for the features asked; not an error but a fact about the text. */
export class UnsupportedLanguageError extends Error {}

const REQUEST_TIMEOUT_MS = 60_000;
const TRIES = 3;
const BACKOFF = { firstMs: 200, maxMs: 2_000 };
const API = "Natural Language";

/**
 * One piece of text through Natural Language v1 over REST, as the function's service account; short outages are waited
 * for. v1 because v2 has no salience and no entity sentiment. Throws `UnsupportedLanguageError`.
 */
export function makeAnnotateText({
  projectId,
  clock,
  endpoint,
}: LanguageOptions): (request: AnnotateRequest) => Promise<AnnotateTextAnswer> {
  const rootUrl = endpoint === undefined ? {} : { rootUrl: `${endpoint}/` };
  const { documents } = languageApi({ version: "v1", auth: serviceAuth(projectId, "cloud-language"), ...rootUrl });
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const requestBody = wireRequest(request);
        const { data } = await documents.annotateText({ requestBody }, { timeout: REQUEST_TIMEOUT_MS });
        return parseAnswer(API, annotateTextAnswer, data);
      } catch (thrown) {
        if (isUnsupportedLanguage(thrown)) throw new UnsupportedLanguageError();
        const error = googleError(thrown, { api: API });
        if (attempt >= TRIES || !(error instanceof RetryableError) || error.retryAfterMs !== undefined) throw error;
        await clock.wait(backoffMs(attempt, BACKOFF));
      }
    }
  };
}

function wireRequest({ text, language, features }: AnnotateRequest) {
  const code = languageOf(language);
  return {
    document: { type: "PLAIN_TEXT" as const, content: text, ...(code === null ? {} : { language: code }) },
    features: { ...features },
    encodingType: "UTF16" as const,
  };
}

/** INVALID_ARGUMENT says many things; Google's sentence is the only channel that tells this one. */
function isUnsupportedLanguage(thrown: unknown): boolean {
  const status = httpStatusOf(thrown);
  return (status === 400 || status === null) && /language\b.{0,80}\bnot supported/i.test(asError(thrown).message);
}

/** Natural Language takes ISO 639-1 and few regions; Speech's Mandarin has a code of its own. Null: let it detect. */
function languageOf(bcp47: string | null): string | null {
  const [primary = "", ...rest] = (bcp47 ?? "").split("-");
  if (primary === "cmn" || primary === "zh")
    return rest.some((part) => /^(?:hant|tw|hk)$/i.test(part)) ? "zh-Hant" : "zh";
  return /^[a-z]{2}$/.test(primary) ? primary : null;
}
