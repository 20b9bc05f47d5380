import { LanguageServiceClient } from "@google-cloud/language";
import { OAuth2Client } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../rest/emulator.ts";
import { scaledClock } from "../rest/emulator.ts";
import type { LanguageEmulator } from "./start-language-emulator.ts";
import { startLanguageEmulator } from "./start-language-emulator.ts";

const principals: Record<string, Principal> = {
  analyst: { kind: "service_account", email: "analyze-transcript@p" },
  person: { kind: "user", sub: "1", email: "ada@example.com", scopes: new Set(["openid"]) },
};
const transcript = [
  "Good morning Ada, this is Nima Rossi from Acme Corporation.",
  "We love the new dashboard, it is great.",
  "The price of $4,500 is terrible and the support team was awful.",
  "Call me at 555-123-4567 on March 3rd, 2027.",
  "Google opened an office in Berlin, and Nima likes Berlin.",
].join("\n");
const everything = { extractEntities: true, extractDocumentSentiment: true, extractEntitySentiment: true };

describe("the Natural Language emulator", () => {
  let emulator: LanguageEmulator;
  const clients: LanguageServiceClient[] = [];

  function clientOf(token = "analyst"): LanguageServiceClient {
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: token, expiry_date: Date.now() + 3_600_000 });
    const { hostname, port } = new URL(emulator.url);
    const client = new LanguageServiceClient({
      fallback: "rest",
      apiEndpoint: hostname,
      port: Number(port),
      protocol: "http",
      authClient: authClient as never,
      projectId: "booking-insights-local",
    });
    clients.push(client);
    return client;
  }

  async function annotate(content: string, encodingType: "NONE" | "UTF8" | "UTF16" | "UTF32" = "UTF16") {
    const document = { type: "PLAIN_TEXT" as const, content, language: "en-US" };
    const [answer] = await clientOf().annotateText({ document, features: everything, encodingType });
    return answer;
  }

  const post = (method: string, body: unknown, query = ""): Promise<Response> =>
    fetch(`${emulator.url}/v1/documents:${method}${query}`, {
      method: "POST",
      headers: { authorization: "Bearer analyst" },
      body: JSON.stringify(body),
    });

  beforeEach(async () => {
    emulator = await startLanguageEmulator({
      authority: { principalOf: (token) => principals[token] ?? null },
      clock: scaledClock(1),
    });
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await emulator.stop();
  });

  it("finds people, places, organizations, prices, dates, phone numbers and things", async () => {
    const { entities, language } = await annotate(transcript);
    const types = Object.fromEntries((entities ?? []).map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      Ada: "PERSON",
      "Nima Rossi": "PERSON",
      "Acme Corporation": "ORGANIZATION",
      Google: "ORGANIZATION",
      Berlin: "LOCATION",
      "$4,500": "PRICE",
      "March 3rd, 2027": "DATE",
      "555-123-4567": "PHONE_NUMBER",
      dashboard: "OTHER",
      "support team": "OTHER",
    });
    expect(language).toBe("en");
  });

  it("knows a person again by the first name and tells names from nouns", async () => {
    const { entities } = await annotate(transcript);
    const find = (name: string) => entities?.find((entity) => entity.name === name);
    const contents = find("Nima Rossi")?.mentions?.map(({ text }) => text?.content);
    expect(contents).toEqual(["Nima Rossi", "Nima"]);
    expect(find("Berlin")?.mentions?.map(({ type }) => type)).toEqual(["PROPER", "PROPER"]);
    expect(find("dashboard")?.mentions?.map(({ type }) => type)).toEqual(["COMMON"]);
  });

  it("takes whoever introduces themselves for a person, and knows the name at the start of a sentence", async () => {
    const { entities } = await annotate(
      "I'm Priya Raman. Stripe is slow. Priya, we asked Stripe. Call +1 415 555 0134.",
    );
    const found = entities?.map(({ name, type, mentions }) => [name, type, mentions?.length]);
    expect(found).toContainEqual(["Priya Raman", "PERSON", 2]);
    expect(found).toContainEqual(["Stripe", "OTHER", 2]);
    expect(found).toContainEqual(["+1 415 555 0134", "PHONE_NUMBER", 1]);
  });

  it("answers every text, however odd, with scores and spans in range", async () => {
    const odd = [
      "\n\n\n",
      "😀".repeat(3_000),
      ". ".repeat(3_000),
      "a".repeat(9_000),
      "会議の記録。".repeat(500),
      "\ud83d?",
    ];
    for (const text of odd) {
      const { sentences, documentSentiment } = await annotate(text);
      expect(Math.abs(documentSentiment?.score ?? 0)).toBeLessThanOrEqual(1);
      const ends = (sentences ?? []).map((one) => (one.text?.beginOffset ?? 0) + (one.text?.content?.length ?? 0));
      expect(ends).toEqual(ends.toSorted((a, b) => a - b));
      expect(ends.at(-1) ?? 0).toBeLessThanOrEqual(text.length);
    }
  });

  it("fails as told, then answers, and forgets both on reset", async () => {
    emulator.faults.add({ operation: "documents.annotateText", kind: "status", status: 429 });
    await expect(annotate("Hello Ada.")).rejects.toMatchObject({ status: 429 });
    await annotate("Hello Ada.");
    expect(emulator.calls.list().map(({ status }) => status)).toEqual([429, 200]);
    emulator.reset();
    expect(emulator.units().total).toBe(0);
  });

  it("shares salience among entities, most salient first", async () => {
    const { entities } = await annotate(transcript);
    const saliences = (entities ?? []).map(({ salience }) => salience ?? 0);
    expect(saliences).toEqual(saliences.toSorted((a, b) => b - a));
    const sum = saliences.reduce((total, salience) => total + salience, 0);
    expect(sum).toBeGreaterThan(0.99);
    expect(sum).toBeLessThanOrEqual(1);
  });

  it("feels the sentences, the document and what they are about", async () => {
    const { sentences, documentSentiment, entities } = await annotate(transcript);
    expect(sentences?.map(({ text }) => text?.content)).toEqual(transcript.split("\n"));
    const scores = sentences?.map(({ sentiment }) => sentiment?.score ?? 0) ?? [];
    expect(scores[1]).toBeGreaterThan(0.5);
    expect(scores[2]).toBeLessThan(-0.3);
    expect(documentSentiment?.magnitude).toBeGreaterThan(1);
    const feeling = (name: string) => entities?.find((entity) => entity.name === name)?.sentiment?.score;
    expect(feeling("dashboard")).toBeGreaterThan(0.5);
    expect(feeling("support team")).toBeLessThan(-0.3);
  });

  it.each([
    ["UTF8", 13],
    ["UTF16", 10],
    ["UTF32", 9],
    ["NONE", -1],
  ] as const)("counts offsets in %s", async (encoding, offset) => {
    const { entities } = await annotate("Zoë 😀 in Berlin is happy.", encoding);
    const berlin = entities?.find(({ name }) => name === "Berlin");
    expect(berlin?.mentions?.[0]?.text?.beginOffset).toBe(offset);
  });

  it("gives offsets that cut the mention out of the text, whatever the text", async () => {
    const text =
      "“Hello,” said O'Brien's sister — Dr. Zoë Müller! It's U.S. money…\r\n\r\n  (Ada's) plan; don't ask 😀 Bob.".repeat(
        60,
      );
    const { entities, sentences } = await annotate(text);
    const spans = [...(entities ?? []).flatMap(({ mentions }) => mentions ?? []), ...(sentences ?? [])];
    expect(spans.length).toBeGreaterThan(100);
    for (const { text: span } of spans) {
      const begin = span?.beginOffset ?? -1;
      expect(text.slice(begin, begin + (span?.content?.length ?? 0))).toBe(span?.content);
    }
  });

  it("answers the single analyses with their own shapes", async () => {
    const document = { type: "PLAIN_TEXT" as const, content: transcript };
    const client = clientOf();
    const [sentiment] = await client.analyzeSentiment({ document });
    expect(sentiment.sentences).toHaveLength(5);
    const [entities] = await client.analyzeEntities({ document });
    expect(entities.entities?.[0]?.sentiment ?? null).toBeNull();
    expect(entities.entities?.[0]?.mentions?.[0]?.text?.beginOffset).toBe(-1);
    const [felt] = await client.analyzeEntitySentiment({ document });
    expect(felt.entities?.[0]?.sentiment).not.toBeNull();
    expect(emulator.units()).toEqual({ entity: 1, document_sentiment: 1, entity_sentiment: 1, total: 3 });
  });

  it("answers enums by name unless numbers are asked for", async () => {
    const body = { document: { type: 1, content: "Ada lives in Berlin." }, encodingType: 2 };
    const named = (await (await post("analyzeEntities", body)).json()) as { entities: { type: unknown }[] };
    expect(named.entities.map(({ type }) => type)).toEqual(["PERSON", "LOCATION"]);
    const numbered = await post("analyzeEntities", body, "?$alt=json;enum-encoding=int");
    expect(((await numbered.json()) as typeof named).entities.map(({ type }) => type)).toEqual([1, 2]);
  });

  it("bills started thousands of characters per feature, and nothing for refusals", async () => {
    await annotate("We talked about Berlin. ".repeat(43));
    await expect(annotate("")).rejects.toMatchObject({ status: 400 });
    const answer = await fetch(`${emulator.url}/emulator/units`);
    expect(await answer.json()).toEqual({ entity: 2, document_sentiment: 2, entity_sentiment: 2, total: 6 });
  });

  it.each([
    ["pl", { extractEntities: true }, "The language pl is not supported for entity analysis."],
    ["fr", everything, "The language fr is not supported for entity_sentiment analysis."],
    ["ru", { extractDocumentSentiment: true }, "The language ru is not supported for document_sentiment analysis."],
  ])("refuses the language %s where a feature lacks it", async (language, features, message) => {
    const document = { type: "PLAIN_TEXT" as const, content: "text", language };
    const annotation = clientOf().annotateText({ document, features });
    await expect(annotation).rejects.toMatchObject({ status: 400, message: expect.stringContaining(message) });
  });

  const document = { type: "PLAIN_TEXT", content: "Hello Ada." };
  it.each([
    ["no document", "annotateText", { features: everything }, 400],
    ["no features", "annotateText", { document }, 400],
    ["all features off", "annotateText", { document, features: {} }, 400],
    ["an unknown feature", "annotateText", { document, features: { extractJokes: true } }, 400],
    ["an unknown field", "analyzeEntities", { document, encoding: "UTF8" }, 400],
    ["an unknown encoding", "analyzeEntities", { document, encodingType: 4 }, 400],
    ["no type", "analyzeEntities", { document: { content: "Hello" } }, 400],
    ["two sources", "analyzeEntities", { document: { ...document, gcsContentUri: "gs://b/o" } }, 400],
    ["too much text", "analyzeEntities", { document: { ...document, content: "é".repeat(500_001) } }, 400],
    ["HTML", "analyzeEntities", { document: { ...document, type: "HTML" } }, 501],
    ["syntax", "annotateText", { document, features: { extractSyntax: true } }, 501],
    ["another method", "classifyText", { document }, 501],
  ])("refuses %s", async (_what, method, body, status) => {
    const answer = await post(method, body);
    expect(answer.status).toBe(status);
    expect(emulator.units().total).toBe(0);
  });

  it.each([
    ["a person", "person", 403],
    ["an unknown token", "nothing", 401],
  ])("refuses %s", async (_who, token, status) => {
    const request = clientOf(token).analyzeEntities({ document: { type: "PLAIN_TEXT", content: "Hello Ada." } });
    await expect(request).rejects.toMatchObject({ status });
  });

  it("analyzes the transcript of a three-hour meeting in seconds", { timeout: 30_000 }, async () => {
    const text = transcript.repeat(Math.ceil(130_000 / transcript.length));
    const startedAt = performance.now();
    const { entities, sentences } = await annotate(text);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(sentences?.length).toBeGreaterThan(1_000);
    const mentions = (entities ?? []).reduce((sum, entity) => sum + (entity.mentions?.length ?? 0), 0);
    expect(mentions).toBe(5_000);
  });
});
