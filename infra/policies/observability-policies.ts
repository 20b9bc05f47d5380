import { asText, at, eachResource, firstProblem, type Policy, type Resource } from "./policy.ts";

/** A page of ours and a command of ours: whoever is woken up should not have to search. */
const PAGE = /\bdocs\/runbooks\/[a-z-]+\.md\b/;
const COMMAND = /npm run ops -- [a-z]/;

function alertProblem({ attributes }: Resource): string | null {
  const channels = attributes["notification_channels"];
  const text = asText(at(attributes, "documentation", "content"));
  return firstProblem([
    [
      !Array.isArray(channels) || channels.length === 0,
      "tells nobody: name an address in the environment's alertEmails",
    ],
    [!PAGE.test(text), "does not name its page in docs/runbooks"],
    [!COMMAND.test(text), "does not name a command that helps"],
    [asText(attributes["severity"]) === "", "does not say how urgent it is"],
  ]);
}

export const observabilityPolicies: readonly Policy[] = [
  {
    name: "alerts-say-what-to-do",
    covers: [],
    check: eachResource(/^google_monitoring_alert_policy$/, alertProblem),
  },
  {
    name: "there-are-alerts",
    covers: [],
    // A stack with functions and no alert runs unwatched, and no other rule would say so.
    check: ({ resources }) => {
      const [first] = resources.filter(({ type }) => type === "google_cloudfunctions2_function");
      const watched = resources.some(({ type }) => type === "google_monitoring_alert_policy");
      return first === undefined || watched ? [] : [{ resource: first, problem: "runs, and no alert watches it" }];
    },
  },
];
