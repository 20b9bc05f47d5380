/** One topic and the topic where its undeliverable messages end. */
export interface Topic {
  readonly name: string;
  readonly deadLetterTopic: string;
  /** Who outside our own functions may publish to it. */
  readonly publishers: readonly ("meet" | "storage" | "relay")[];
}

/** Meet tells topics about recordings through this account; without the grant it is silent, and says nothing. */
export const meetPublisher = "serviceAccount:meet-api-event-push@system.gserviceaccount.com";

export const topics = [
  { name: "booking-events", deadLetterTopic: "booking-events-dead-letter", publishers: ["relay"] },
  { name: "meeting-events", deadLetterTopic: "meeting-events-dead-letter", publishers: ["meet", "relay"] },
  { name: "storage-events", deadLetterTopic: "storage-events-dead-letter", publishers: ["storage", "relay"] },
] as const satisfies readonly Topic[];

export type TopicName = (typeof topics)[number]["name"];
