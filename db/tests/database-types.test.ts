import { expect, it } from "vitest";
import { openTestDatabase } from "#testing/database.ts";
import { databaseTypesAreCurrent } from "../../scripts/checks/database-types.ts";

it("the committed database types are what the migrations give (else: node scripts/checks/database-types.ts --write)", async () => {
  const database = await openTestDatabase();
  try {
    expect(await databaseTypesAreCurrent(database.url)).toBe(true);
  } finally {
    await database.close();
  }
});
