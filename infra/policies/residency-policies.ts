import { type Place, places } from "../residency.ts";
import { asText, eachResource, type Policy } from "./policy.ts";

/** A region of Google Cloud in any spelling, wherever it stands in a string. */
const REGION =
  /\b(us|europe|asia|australia|me|africa|northamerica|southamerica)-(north|south|east|west|central|northeast|northwest|southeast|southwest)\d{1,2}\b/gi;
const REGIONAL_HOST = /\b[a-z]+-(language|speech|documentai)\.googleapis\.com/g;
const LOCATED = ["location", "region"];

/** What a string says of places that is not the environment's own. */
function strangePlaces(text: string, place: Place): readonly string[] {
  const regions = (text.match(REGION) ?? []).filter((region) => region.toLowerCase() !== place.region);
  const hosts = (text.match(REGIONAL_HOST) ?? []).filter((host) => `https://${host}` !== place.languageEndpoint);
  return [...new Set([...regions, ...hosts])];
}

export const residencyPolicies: readonly Policy[] = [
  {
    name: "nothing-points-elsewhere",
    covers: [],
    check: eachResource(/^google_/, ({ attributes }, { environment }) => {
      const place = places[environment.residency];
      const strange = strangePlaces(JSON.stringify(attributes), place);
      const located = LOCATED.flatMap((key) => (attributes[key] === undefined ? [] : [asText(attributes[key])]));
      const multi = located.filter((location) => location.toLowerCase() !== place.region);
      const found = [...new Set([...strange, ...multi])];
      return found.length > 0 ? `points to ${found.join(", ")}, its data stay in ${place.region}` : null;
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
