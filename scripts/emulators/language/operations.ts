import type { Call, Operation, Reply } from "../rest/operation.ts";
import { ok, withBody } from "../rest/operation.ts";
import type { TextAnalysis } from "./analyze-text.ts";
import { analyzeText } from "./analyze-text.ts";
import type { UnitMeter } from "./billed-units.ts";
import type { Feature } from "./languages.ts";
import { documentLanguage } from "./languages.ts";
import { analyzeBody, annotateBody, contentOf, featuresOf } from "./request-schemas.ts";

export interface LanguageState {
  readonly units: UnitMeter;
}

type Request = ReturnType<typeof analyzeBody.parse>;
type Shape = (analysis: TextAnalysis, language: string) => unknown;

const entitiesOnly: Shape = ({ entities }, language) => ({ entities, language });

/** language.googleapis.com v1, what analyses of transcripts need of it. */
export const operations: readonly Operation<LanguageState>[] = [
  {
    ...method("annotateText"),
    ...withBody<LanguageState, typeof annotateBody>(annotateBody, (body, call, state) =>
      analyze({ body, call, state, wanted: featuresOf(body.features) }, ({ documentSentiment, ...rest }, language) => ({
        ...rest,
        tokens: [],
        ...(documentSentiment === null ? {} : { documentSentiment }),
        language,
        categories: [],
        moderationCategories: [],
      })),
    ),
  },
  analysis("analyzeSentiment", "document_sentiment", ({ documentSentiment, sentences }, language) => ({
    documentSentiment,
    language,
    sentences,
  })),
  analysis("analyzeEntities", "entity", entitiesOnly),
  analysis("analyzeEntitySentiment", "entity_sentiment", entitiesOnly),
];

function method(
  name: string,
): Pick<Operation<LanguageState>, "name" | "method" | "path" | "query" | "serviceAccounts"> {
  return {
    name: `documents.${name}`,
    method: "POST",
    path: `/v1/documents\\:${name}`,
    query: [],
    serviceAccounts: true,
  };
}

function analysis(name: string, feature: Feature, shape: Shape): Operation<LanguageState> {
  return {
    ...method(name),
    ...withBody<LanguageState, typeof analyzeBody>(analyzeBody, (body, call, state) =>
      analyze({ body, call, state, wanted: [feature] }, shape),
    ),
  };
}

interface Analysis {
  readonly body: Request;
  readonly call: Call;
  readonly state: LanguageState;
  readonly wanted: readonly Feature[];
}

async function analyze({ body, call, state, wanted }: Analysis, shape: Shape): Promise<Reply> {
  const content = contentOf(body.document);
  const language = documentLanguage(body.document.language, wanted);
  const enums = /enum-encoding=int/.test(call.query.get("$alt") ?? "") ? "numbers" : "names";
  const analyzed = await analyzeText({ content, wanted, encoding: body.encodingType, enums });
  state.units.add(content, wanted);
  return ok(shape(analyzed, language));
}
