import type { LeftOut } from "#domain/insights.ts";
import type { LanguageAnalysis } from "#domain/language-analysis.ts";

/** What Natural Language said of a text, and what that cost. */
export interface LanguageReport {
  /** Null when the language is not supported; `leftOut` says so. */
  readonly analysis: LanguageAnalysis | null;
  readonly leftOut: readonly LeftOut[];
  /** 1,000-character units times features, as Google bills them. */
  readonly billedUnits: number;
  readonly requests: number;
}

export interface LanguageRequest {
  readonly text: string;
  /** BCP 47; null lets Google detect it. */
  readonly language: string | null;
  /** Called before each round of paid requests; what it throws ends the analysis. */
  readonly beforeRequests: () => Promise<void>;
}

export interface Language {
  /**
   * Entities, their sentiment and the text's sentiment.
   * Throws RetryableError (quota, outage) and PermanentError (anything Google will never take).
   */
  analyze(request: LanguageRequest): Promise<LanguageReport>;
}
