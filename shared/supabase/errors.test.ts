import { describe, expect, it } from "vitest";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import { databaseError } from "#supabase/errors.ts";

describe("a database's refusal", () => {
  it.each([
    ["22P02", "text that is no uuid"],
    ["23505", "a unique violation"],
    ["23514", "a failed check"],
    ["P0001", "what a function raised"],
    ["PGRST102", "a body that is no JSON"],
  ])("%s (%s) is not repeated", (code) => {
    expect(databaseError({ code, message: "canary" })).toBeInstanceOf(PermanentError);
  });

  it.each([
    ["", "no connection"],
    ["08006", "a lost connection"],
    ["40001", "a serialization failure"],
    ["40P01", "a deadlock"],
    ["53300", "too many connections"],
    ["55P03", "a lock that was not to be had"],
    ["57014", "a statement that took too long"],
    ["57P01", "a shutdown"],
    ["25006", "a read-only database"],
    ["42883", "a function of a release that is not there yet"],
    ["PGRST202", "an API that has not seen the new release"],
    ["PGRST301", "a key that is not accepted at the moment"],
  ])("%j (%s) is repeated", (code) => {
    expect(databaseError({ code, message: "canary" })).toBeInstanceOf(RetryableError);
  });

  it("names the code and does not repeat the database's words, which may hold a row's content", () => {
    const error = databaseError({ code: "23514", message: "Failing row contains (canary)" });
    expect([error.message, error]).toEqual([
      expect.stringContaining("23514"),
      expect.objectContaining({ code: "database_23514" }),
    ]);
    expect(error.message).not.toContain("canary");
  });
});
