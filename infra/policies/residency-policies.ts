import type { Environment } from "../environment.ts";
import { places, type Residency } from "../residency.ts";
import { asText, at, eachResource, firstProblem, type Policy } from "./policy.ts";

/** A region of Google Cloud in any spelling, wherever it stands in a string. */
const REGION =
  /\b(us|europe|asia|australia|me|africa|northamerica|southamerica)-(north|south|east|west|central|northeast|northwest|southeast|southwest)\d{1,2}\b/gi;
/** The place in a resource's name, `global` and multi-regions too: of a key, a connector, a repository. */
const LOCATED_NAME = /(?<=\/locations\/)[a-z0-9-]+/g;
/** The same in an attribute, however deep it stands. */
const LOCATED_ATTRIBUTE = /(?<="(?:location|region)":")[^"$]+/g;
/** Addresses of Google's that serve a part of the world: `us-language.googleapis.com`, `eu.gcr.io`. */
const PARTIAL_HOST = /\b(?:us|eu|europe|asia)[.-](?:[\w-]+\.)*(?:googleapis\.com|pkg\.dev|gcr\.io)\b/g;
const PARTS: Readonly<Record<Residency, RegExp>> = { us: /^us[.-]/, eu: /^(eu|europe)[.-]/ };

/** What a string says of places that is not the environment's own. */
function strangePlaces(text: string, { residency }: Environment): readonly string[] {
  const { region } = places[residency];
  const located = [REGION, LOCATED_NAME, LOCATED_ATTRIBUTE].flatMap((place) => text.match(place) ?? []);
  const hosts = (text.match(PARTIAL_HOST) ?? []).filter((host) => !PARTS[residency].test(host));
  return [...new Set([...located.filter((place) => place.toLowerCase() !== region), ...hosts])];
}

/** Addresses of Google's that serve the whole world and have one for each region beside them. */
const WORLDWIDE = /^https:\/\/(language|speech|telemetry)\.googleapis\.com/;

export const residencyPolicies: readonly Policy[] = [
  {
    name: "nothing-points-elsewhere",
    covers: [],
    check: eachResource(/^google_/, ({ attributes }, { environment }) => {
      const found = strangePlaces(JSON.stringify(attributes), environment);
      const { region } = places[environment.residency];
      return found.length > 0 ? `points to ${found.join(", ")}, its data stay in ${region}` : null;
    }),
  },
  {
    name: "functions-know-where-they-are",
    covers: [],
    // Speech has no address in the stacks: the functions make it of what they are told here.
    check: eachResource(/^google_cloudfunctions2_function$/, ({ attributes }, { environment: { residency } }) => {
      const told = (name: string): unknown => at(attributes, "service_config", "environment_variables", name);
      return firstProblem([
        [told("DATA_RESIDENCY") !== residency, `is not told that its data stay in ${residency}`],
        [told("GOOGLE_CLOUD_REGION") !== places[residency].region, "is not told its region"],
        [
          ["GOOGLE_LANGUAGE_ENDPOINT", "TRACES_ENDPOINT"].some((name) => WORLDWIDE.test(asText(told(name)))),
          "is sent to an address that promises no place",
        ],
      ]);
    }),
  },
  {
    name: "topics-store-in-place",
    covers: [],
    check: eachResource(/^google_pubsub_topic$/, ({ attributes }) =>
      attributes["message_storage_policy"] === undefined ? "stores messages where they are published from" : null,
    ),
  },
];
