import { invalid } from "../rest/errors.ts";

/** The features that run here, in Google's words for them in errors. */
export const features = ["entity", "document_sentiment", "entity_sentiment"] as const;
export type Feature = (typeof features)[number];

/** Per feature of v1; cloud.google.com/natural-language/docs/languages. */
const SUPPORTED: Readonly<Record<Feature, ReadonlySet<string>>> = {
  entity: new Set("zh zh-Hant en fr de it ja ko pt ru es".split(" ")),
  document_sentiment: new Set("ar zh zh-Hant nl en fr de id it ja ko pt es th tr vi".split(" ")),
  entity_sentiment: new Set("en ja es".split(" ")),
};

/** The language of a document as answered; English where none is named. Throws 400 where a feature lacks it. */
export function documentLanguage(named: string | undefined, wanted: readonly Feature[]): string {
  const language = named === undefined || named === "" ? "en" : knownCode(named);
  const lacking = wanted.find((feature) => !SUPPORTED[feature].has(language));
  if (lacking === undefined) return language;
  throw invalid(`The language ${language} is not supported for ${lacking} analysis.`, "badRequest");
}

/** `en-US` counts as `en`; Chinese goes by its script. */
function knownCode(bcp47: string): string {
  const [primary = "", ...rest] = bcp47.split("-");
  const language = primary.toLowerCase();
  if (language === "zh" && rest.some((part) => /^(?:hant|tw|hk|mo)$/i.test(part))) return "zh-Hant";
  return language;
}
