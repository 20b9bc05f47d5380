/** google.cloud.language.v1.Entity.Type by number; 8 is not used. */
export const entityTypes = [
  "UNKNOWN",
  "PERSON",
  "LOCATION",
  "ORGANIZATION",
  "EVENT",
  "WORK_OF_ART",
  "CONSUMER_GOOD",
  "OTHER",
  null,
  "PHONE_NUMBER",
  "ADDRESS",
  "DATE",
  "NUMBER",
  "PRICE",
] as const;
export type EntityType = NonNullable<(typeof entityTypes)[number]>;

/** google.cloud.language.v1.EntityMention.Type by number. */
export const mentionTypes = ["TYPE_UNKNOWN", "PROPER", "COMMON"] as const;
export type MentionType = (typeof mentionTypes)[number];
